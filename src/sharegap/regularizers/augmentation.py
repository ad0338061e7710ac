"""Dataset augmentation (Simard et al. 2003; Shorten & Khoshgoftaar 2019)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.regularizers.output_noise import RandomClass
from sharegap.regularizers.regularizer import NoiseLayer, Regularizer, TaskInfo


class AugmentationRegularizer(Regularizer):
    """In training every sample is changed at random in the ways that its data set declares to change no label.

    `shift` moves sequences and images by up to so many positions, `rotation` turns images by up to so many degrees,
    `replacement` replaces tokens by others with up to that probability. Helps where the training set is too small to
    show what does not matter. Strength: the part of those magnitudes that is used, in [0, 1].
    """

    @staticmethod
    def check(strength: float) -> None:
        if not 0 <= strength <= 1:
            raise UserError(f"the strength of augmentation is {strength}: it must be in [0, 1]")

    def inputs(self, task_info: TaskInfo) -> nn.Module:
        declared = dict(task_info.augmentation)
        if replacement := declared.pop("replacement", None):
            return RandomClass(self.strength * replacement, task_info.classes)
        if not declared:
            raise UserError("this data set declares no augmentation that changes no label: choose another method")
        return Movement(self.strength, declared.get("shift", 0.0), declared.get("rotation", 0.0), int(declared["dims"]))


class Movement(NoiseLayer):
    """Each sample (..., channels, *size) with `dims` dimensions of size moved and turned at random.

    Numbers between positions are interpolated linearly, those beyond the edge are the edge's. `strength` is a
    scalar tensor that scales `shift` (positions) and `rotation` (degrees); at 0 nothing is changed, bit for bit.
    """

    strength: Tensor

    def __init__(self, strength: Tensor, shift: float, rotation: float, dims: int) -> None:
        super().__init__()
        self.shift, self.rotation, self.dims = shift, rotation, dims
        self.register_buffer("strength", strength.clone())

    def noise_shape(self, x: Tensor) -> torch.Size:
        if x.dim() < self.dims + 2:
            raise UserError(
                f"the augmentation moves samples (channels, {self.dims} dimensions), and these are "
                f"{tuple(x.shape[1:])}: set dataset.augmentation.dims to what they have, or dataset.augmentation=null"
            )
        return torch.Size((*x.shape[: -self.dims - 1], 3))

    def draw(self, out: Tensor, generator: torch.Generator | None) -> Tensor:
        return out.uniform_(-1, 1, generator=generator)

    def apply_noise(self, x: Tensor, noise: Tensor) -> Tensor:
        size = x.shape[-self.dims :]
        height, width = (1, *size)[-2:]
        images = x.reshape(-1, x.shape[-self.dims - 1], height, width)
        angle, down, right = (self.strength * noise.reshape(-1, 3)).to(x.dtype).unbind(-1)
        angle = angle * math.radians(self.rotation)
        cos, sin = (each.view(-1, 1, 1) for each in (angle.cos(), angle.sin()))
        across, along = (torch.arange(n, dtype=x.dtype, device=x.device) - (n - 1) / 2 for n in (width, height))
        along = along.view(-1, 1)
        from_across = cos * across - sin * along + self.shift * right.view(-1, 1, 1)
        from_along = sin * across + cos * along + self.shift * down.view(-1, 1, 1) * (self.dims > 1)
        # In grid_sample's coordinates an image reaches from -1 to 1, whatever its sides.
        grid = torch.stack([from_across * 2 / width, from_along * 2 / height], -1)
        moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False).reshape(x.shape)
        return torch.where(self.strength > 0, moved, x)
