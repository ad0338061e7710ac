"""Layers that are random in training; the noise of many runs can be drawn at once."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from sharegap.errors import UserError

SMALLEST = 2**-24
"""The smallest uniform number: 0 would make infinite noise."""


class NoiseLayer(torch.nn.Module):
    """Change inputs at random in training, and return them as they are in evaluation.

    In a plain training loop it draws from PyTorch's default generator at each call, like `torch.nn.Dropout`. A fleet
    fills the buffer `noise` before each step instead, with the noise of all its runs.

    To define one, override `apply_noise`, and `from_uniform` if the noise is not uniform in (0, 1).

    Args:
        strength: a scalar tensor, the strength of the regularizer that makes the layer; it is copied into a buffer.

    Example:
        >>> class ScalarNoise(NoiseLayer):
        ...     '''Multiply each number by one of [1, 1 + strength).'''
        ...     def apply_noise(self, x, noise):
        ...         return x * (1 + self.strength * noise)
        >>> ScalarNoise(torch.tensor(0.1)).eval()(torch.ones(2))
        tensor([1., 1.])
    """

    strength: Tensor
    noise: Tensor | None

    def __init__(self, strength: Tensor) -> None:
        super().__init__()
        self.register_buffer("strength", strength.clone())
        self.register_buffer("noise", None, persistent=False)

    def noise_shape(self, x: Tensor) -> torch.Size:
        """Return the shape of the noise for the input `x`, the batch first; by default that of `x`."""
        return x.shape

    def from_uniform(self, uniform: Tensor) -> Tensor:
        """Return noise of as many independent numbers, uniform in (0, 1), each by itself; by default these.

        Args:
            uniform: of any shape. The noise must not depend on `strength`.
        """
        return uniform

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return the layer's output in training.

        Args:
            x: the input, (batch, ...).
            noise: as `from_uniform` returns it, of the shape `noise_shape(x)`.
        """
        raise NotImplementedError

    def sample_noise(self, x: Tensor) -> Tensor:
        """Return the noise for the input `x`: the fleet's if there is any, else newly drawn."""
        if self.noise is not None:
            return self.noise
        dtype = x.dtype if x.is_floating_point() else None
        uniform = torch.rand(self.noise_shape(x), dtype=dtype, device=x.device)
        return self.from_uniform(uniform.clamp_min(SMALLEST))

    def forward(self, x: Tensor) -> Tensor:
        return self.apply_noise(x, self.sample_noise(x)) if self.training else x


class GaussianNoise(NoiseLayer):
    """Add N(0, σ²) to each number in training; `strength` is σ."""

    def from_uniform(self, uniform: Tensor) -> Tensor:
        return math.sqrt(2) * torch.erfinv(2 * uniform - 1)

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        return x + self.strength * noise


class DropoutLayer(NoiseLayer):
    """Set each number to zero with probability p in training and scale the others by 1/(1 − p); `strength` is p.

    Unlike `torch.nn.Dropout`, p is a tensor and can differ between the runs of a fleet.

    Example:
        >>> layer = DropoutLayer(torch.tensor(0.5))
        >>> sorted(set(layer(torch.ones(100)).tolist()))
        [0.0, 2.0]
        >>> layer.eval()(torch.ones(2))
        tensor([1., 1.])
    """

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        return x * ((noise >= self.strength) / (1 - self.strength))


class RandomClass(NoiseLayer):
    """Replace each class number by a random one with probability p in training; `strength` is p.

    The random class may be the old one. Negative numbers stand for missing targets and stay.

    Args:
        strength: p, a scalar tensor.
        classes: the number of classes.
    """

    def __init__(self, strength: Tensor, classes: int) -> None:
        super().__init__(strength)
        self.classes = classes

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        # Noise below p is uniform in [0, p), so noise / p picks the class and no second draw is needed.
        # At p = 0 nothing is replaced: the clamp only keeps NaN out.
        random_class = (noise / self.strength.clamp_min(1e-30) * self.classes).clamp_max(self.classes - 1).long()
        return torch.where((noise < self.strength) & (x >= 0), random_class, x)


class RandomShiftRotation(NoiseLayer):
    """Shift and rotate each sample (..., channels, *size) at random in training.

    Values between pixels are interpolated linearly; beyond the border the edge is repeated. At strength 0 nothing
    changes, bit for bit.

    Args:
        strength: the fraction of `shift` and `rotation` to use, a scalar tensor.
        shift: the largest shift, in pixels.
        rotation: the largest rotation, in degrees.
        dims: the number of dimensions of `size`, 1 or 2.
    """

    def __init__(self, strength: Tensor, shift: float, rotation: float, dims: int) -> None:
        super().__init__(strength)
        self.shift, self.rotation, self.dims = shift, rotation, dims

    def noise_shape(self, x: Tensor) -> torch.Size:
        if x.dim() < self.dims + 2:
            raise UserError(
                f"dataset.augmentation.dims must be the number of dimensions of a sample (channels, *size), got "
                f"{self.dims} for samples {tuple(x.shape[1:])}: change it, or set dataset.augmentation=null"
            )
        size = tuple(x.shape[-self.dims :])
        if self.shift >= min(size):
            raise UserError(f"dataset.augmentation.shift must be below the size of a sample {size}, got {self.shift}")
        return torch.Size((*x.shape[: -self.dims - 1], 3))

    def from_uniform(self, uniform: Tensor) -> Tensor:
        return 2 * uniform - 1

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        size = x.shape[-self.dims :]
        height, width = (1, *size)[-2:]  # a sequence is an image of one row
        images = x.reshape(-1, x.shape[-self.dims - 1], height, width)
        angle, down, right = (self.strength * noise.reshape(-1, 3)).to(x.dtype).unbind(-1)
        angle = (angle * math.radians(self.rotation)).view(-1, 1, 1)
        cos, sin = angle.cos(), angle.sin()
        column = _centered_indices(width, x)
        row = _centered_indices(height, x).view(-1, 1)
        # Where each output pixel takes its value from, relative to the center.
        source_column = cos * column - sin * row + self.shift * right.view(-1, 1, 1)
        source_row = sin * column + cos * row + self.shift * down.view(-1, 1, 1) * (self.dims > 1)
        # In grid_sample's coordinates every image reaches from -1 to 1, whatever its sides.
        grid = torch.stack([source_column * 2 / width, source_row * 2 / height], -1)
        transformed = F.grid_sample(images, grid, padding_mode="border", align_corners=False).reshape(x.shape)
        # Interpolation at unchanged positions rounds; at strength 0 the input must come back exactly.
        return torch.where(self.strength > 0, transformed, x)


def _centered_indices(count: int, x: Tensor) -> Tensor:
    """Return the positions of `count` pixels relative to their center."""
    return torch.arange(count, dtype=x.dtype, device=x.device) - (count - 1) / 2
