"""Site inputs: one matrix per patch of the input."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import Site
from sharegap.sharing.layers._window import make_window


class Patches(Network):
    """Apply a perceptron to each patch of the input, average over patches, and apply a linear head.

    With hard sharing one matrix is applied to different input neurons: a patch embedding (Dosovitskiy et al. 2021),
    whose patches are pooled as a set (Zaheer et al. 2017).

    Args:
        spec: Samples (channels, *size), outputs (outputs,).
        patch: Size of a patch along each dimension, from 1 to the smallest size of a sample.
        stride: Step from one patch to the next, >= 1.
        widths: Widths of each patch's perceptron; at least one.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> import torch
        >>> from sharegap.sharing import Hard
        >>> network = Patches(NetworkSpec((1, 40), (10,), Hard), patch=8, stride=8, widths=[16])
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(self, spec: NetworkSpec, *, patch: int, stride: int, widths: Sequence[int]) -> None:
        super().__init__()
        fits = len(spec.sample_shape) > 1 and len(spec.output_shape) == 1
        require_shapes(spec, fits, "samples (channels, size, ...) of one class each")
        check_sizes(patch=patch, stride=stride, widths=widths)
        self.patch, self.stride = patch, stride
        # Patches are a set, not a grid: their mean ignores the order, so the site is not ordered.
        copies, features = patch_shape(spec.sample_shape, patch, stride)
        layers = linear_layers(spec.sharing, Site("inputs", (copies,)), [features, *widths])
        self.towers = Towers(copies, layers, spec.make_hidden_layer)
        self.head = nn.Linear(widths[-1], spec.output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.towers(cut_patches(x, self.patch, self.stride)).mean(1))

    def representations(self, x: Tensor) -> Tensor:
        """Of every patch's perceptron, on all patches."""
        return self.towers.forward_all(subsample(cut_patches(x, self.patch, self.stride).flatten(0, 1)))


def patch_shape(sample_shape: Sequence[int], patch: int, stride: int) -> tuple[int, int]:
    """Return how many patches a sample (channels, *size) has, and how many numbers each of them has.

    Raises:
        UserError: For a patch larger than a sample.
    """
    channels, *size = sample_shape
    if patch > min(size):
        raise UserError(f"model.network.patch must be <= {min(size)}, the size of a sample, got {patch}")
    patches = math.prod(make_window(len(size), patch, stride).output_size(tuple(size)))
    return patches, channels * patch ** len(size)


def cut_patches(x: Tensor, patch: int, stride: int) -> Tensor:
    """Cut samples into patches: (batch, channels, *size) -> (batch, patches, channels * patch numbers)."""
    dims = x.dim() - 2
    for dim in range(2, 2 + dims):
        x = x.unfold(dim, patch, stride)
    # Now (batch, channels, *patches, *patch): the channels join the numbers of a patch.
    return x.flatten(2, 1 + dims).movedim(1, 2).flatten(2)
