"""Inputs: one matrix per patch of the input."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import SharingFactory
from sharegap.sharing.layers.locally_connected import output_size


class Patches(Network):
    """A perceptron for each patch of the input, the mean over patches, a linear head.

    With hard sharing the same matrix is applied to different input neurons: a patch embedding (Dosovitskiy et al.
    2021), whose patches are pooled as a set (Zaheer et al. 2017).

    Args:
        sample_shape: (channels, *size) of one input.
        output_shape: (outputs,).
        sharing: relates the copies over patches.
        hidden: makes what follows each activation.
        patch: the patches' size along each dimension; UserError where it does not fit.
        stride: the step from one patch to the next.
        widths: of each patch's perceptron.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        patch: int,
        stride: int,
        widths: Sequence[int],
    ) -> None:
        super().__init__()
        fits = len(sample_shape) > 1 and len(output_shape) == 1
        require_shapes(fits, "samples (channels, size, ...) of one class each", sample_shape, output_shape)
        check_sizes(patch=patch, stride=stride, widths=widths)
        channels, *size = sample_shape
        if patch > min(size):
            raise UserError(f"model.network.patch is {patch}: it must be at most {min(size)}, the size of a sample")
        self.patch, self.stride, self.dims = patch, stride, len(size)
        copies = math.prod(output_size(tuple(size), (patch,) * self.dims, stride, padding=0))
        layers = linear_layers(sharing, "inputs", copies, [channels * patch**self.dims, *widths])
        self.towers = Towers(copies, layers, hidden)
        self.head = nn.Linear(widths[-1], output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.towers(self.cut(x)).mean(1))

    def cut(self, x: Tensor) -> Tensor:
        """(batch, channels, *size) -> (batch, patches, channels * patch numbers)."""
        for along in range(self.dims):
            x = x.unfold(2 + along, self.patch, self.stride)
        return x.flatten(2, 1 + self.dims).movedim(1, 2).flatten(2)

    def representations(self, x: Tensor) -> Tensor:
        return self.towers.of_each_copy(subsample(self.cut(x).flatten(0, 1)))
