"""Locally connected layers: convolutions with one copy of the filters per output position."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.hard import Hard
from sharegap.sharing.layers._unfold import convolve, flatten_filters, unfold
from sharegap.sharing.layers._window import Sizes, Window, make_window, per_dimension
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, SharingStrategy, torch_init


def locally_connected(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sizes = 1,
    padding: int | Sizes | str = 0,
    *,
    dilation: int | Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Apply a convolution with different filters at each output position, in any number of dimensions.

    With equal copies it is the convolution. Options are one number, or one per dimension.

    Args:
        x: (batch, in, *size).
        weight: (positions, out, in / groups, *kernel), positions in row-major order of the output.
        bias: (positions, out), (1, out) for all positions, or None.
        stride: Step, >= 1.
        padding: Zeros on both sides, >= 0, or "same" for outputs of the inputs' size.
        dilation: Step between the taps of the kernel, >= 1.
        groups: Number of groups of channels, >= 1.

    Returns:
        (batch, out, *output size).

    Example:
        >>> x, weight, bias = torch.ones(5, 1, 4), torch.ones(3, 2, 1, 2), torch.zeros(3, 2)
        >>> locally_connected(x, weight, bias).shape
        torch.Size([5, 2, 3])
    """
    window = make_window(x.dim() - 2, tuple(weight.shape[3:]), stride, padding, dilation)
    return _apply_filters(x, weight, bias, window, window.output_size(tuple(x.shape[2:])), groups)


def _apply_filters(x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, grid: Sizes, groups: int) -> Tensor:
    """Apply the filters of each position of the output's grid to its window."""
    windows, filters = unfold(x, window, grid), flatten_filters(weight)
    if groups > 1:
        # Groups join the positions: each has filters and channels of its own.
        by_group = windows.unflatten(1, (math.prod(window.kernel), groups, -1)).transpose(1, 2)
        windows, filters = by_group.flatten(2, 3).flatten(0, 1), filters.unflatten(1, (groups, -1)).flatten(0, 1)
    outputs = torch.bmm(filters, windows).view(math.prod(grid), -1, x.shape[0])
    if bias is not None:
        # In place, which saves a tensor of the size of the outputs.
        outputs = outputs.add_(bias.unsqueeze(-1))
    return outputs.unflatten(0, grid).movedim(-1, 0).movedim(-1, 1)


class LocallyConnected(nn.Module):
    """Apply a filter of its own at each output position, the filters related by a sharing strategy.

    Hard sharing runs as a convolution. Weights and biases have the initial distribution of PyTorch's convolutions.
    Options are one number, or one per dimension.

    Args:
        sharing: Relates the filters over positions.
        in_channels: Channels of the inputs.
        out_channels: Channels of the outputs.
        size: Size of the inputs, one number per dimension.
        kernel: Size of the kernel, >= 1.
        stride: Step, >= 1.
        padding: Zeros on both sides, >= 0, or "same" for outputs of the inputs' size.
        depth: Number of shared layers before this one.
        dilation: Step between the taps of the kernel, >= 1.
        groups: Number of groups of channels, >= 1, which divides both numbers of channels.
        bias: True for biases that are related like the filters, "shared" for one that serves all positions, or False.

    Raises:
        UserError: For options out of range, a kernel that does not fit into the padded inputs, and inputs of another
            size.

    Example:
        >>> from sharegap.sharing import Independent
        >>> layer = LocallyConnected(Independent, 1, 4, size=(8, 8), kernel=3)
        >>> layer(torch.ones(5, 1, 8, 8)).shape, layer.weight().shape
        (torch.Size([5, 4, 6, 6]), torch.Size([36, 4, 1, 3, 3]))
    """

    def __init__(
        self,
        sharing: SharingFactory,
        in_channels: int,
        out_channels: int,
        size: Sizes,
        kernel: int | Sizes,
        stride: int | Sizes = 1,
        padding: int | Sizes | str = 0,
        depth: int = 0,
        *,
        dilation: int | Sizes = 1,
        groups: int = 1,
        bias: bool | Literal["shared"] = True,
    ) -> None:
        super().__init__()
        self.size = per_dimension("size", size, len(size))
        self.window = make_window(len(size), kernel, stride, padding, dilation)
        self.output_size = self.window.output_size(self.size)
        self.in_channels, self.groups = in_channels, _check_groups(groups, in_channels, out_channels)
        self.site = Site("positions", self.output_size, depth, ordered=True)
        shape = (out_channels, in_channels // groups, *self.window.kernel)
        init = torch_init(math.prod(shape[1:]))
        self.weight = sharing(self.site, shape, init)
        if bias not in (True, False, "shared"):
            raise UserError(f"bias must be True, False or 'shared', got {bias!r}")
        self.bias: SharingStrategy | None = None
        if bias:
            relate_biases = Hard if bias == "shared" else sharing
            self.bias = relate_biases(self.site, (out_channels,), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, *size) -> (batch, out_channels, *output_size); also without the batch."""
        if x.dim() == len(self.size) + 1:
            return self.forward(x.unsqueeze(0)).squeeze(0)
        # A trace would warn of the comparison.
        if not torch.jit.is_tracing() and x.shape[1:] != (self.in_channels, *self.size):
            expected = ", ".join(map(str, ("batch", self.in_channels, *self.size)))
            raise UserError(f"inputs must be ({expected}), the size that the layer is made for, got {tuple(x.shape)}")
        shared_weight = self.weight.shared_value
        shared_bias = None if self.bias is None else self.bias.shared_value
        if shared_weight is None or (self.bias is not None and shared_bias is None):
            bias = None if self.bias is None else self.bias()
            return _apply_filters(x, self.weight(), bias, self.window, self.output_size, self.groups)
        return convolve(x, shared_weight, shared_bias, self.window, self.groups)

    def windows(self, x: Tensor) -> Tensor:
        """Return the windows of all positions of `x` (batch, in_channels, *size): (batch * positions, numbers)."""
        return unfold(x, self.window, self.output_size).movedim(-1, 0).flatten(0, 1)

    def filters(self) -> Tensor:
        """Return all filters as matrices for `windows`, (positions, out_channels, numbers)."""
        return flatten_filters(self.weight())


def _check_groups(groups: int, in_channels: int, out_channels: int) -> int:
    if groups < 1 or in_channels % groups or out_channels % groups:
        raise UserError(f"groups must be >= 1 and divide the channels, {in_channels} and {out_channels}, got {groups}")
    return groups
