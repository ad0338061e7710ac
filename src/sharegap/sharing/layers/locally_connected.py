"""Locally connected layers: a convolution whose filters are copies, one per output position."""

import math
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.hard import Hard
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, torch_init


def locally_connected(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """A convolution with a filter of its own at every output position, in any number of dimensions.

    `x` is (batch, in, *size), `weight` (positions, out, in, *kernel) and `bias` (positions, out), positions in
    row-major order of the output; returns (batch, out, *output size). With equal copies it is the convolution.
    """
    kernel = tuple(weight.shape[3:])
    windows = local_windows(x, kernel, stride, padding)
    out = torch.bmm(flat_filters(weight), windows).add_(bias.unsqueeze(-1))
    output = output_size(tuple(x.shape[2:]), kernel, stride, padding)
    return out.unflatten(0, output).movedim(-1, 0).movedim(-1, 1)


def local_windows(x: Tensor, kernel: tuple[int, ...], stride: int, padding: int) -> Tensor:
    """What each position sees of `x` (batch, in, *size): (positions, taps * in, batch)."""
    dims = len(kernel)
    # Positions first and the batch last: a tap of the kernel is then one slice of whole rows, their sum one bmm.
    x = F.pad(x.movedim(0, -1).movedim(0, -2), (0, 0, 0, 0) + (padding, padding) * dims)
    output = output_size(tuple(x.shape[:dims]), kernel, stride, padding=0)
    taps = [
        tuple(slice(t, t + stride * (n - 1) + 1, stride) for t, n in zip(tap, output, strict=True))
        for tap in product(*map(range, kernel))
    ]
    windows: Tensor = _Windows.apply(x, taps)
    return windows.flatten(0, dims - 1)


def flat_filters(weight: Tensor) -> Tensor:
    """Filters (positions, out, in, *kernel) as matrices for `local_windows`: (positions, out, taps * in)."""
    return weight.movedim(2, -1).flatten(2)


class _Windows(torch.autograd.Function):
    """The slices of x (*size, in, batch), side by side: (*output size, slices * in, batch).

    Autograd's own backward fills a tensor like x with zeros for each slice; here one takes all of them, which
    makes training in two dimensions half as fast again.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, slices: list[tuple[slice, ...]]) -> Tensor:
        return torch.cat([x[each] for each in slices], dim=-2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, list[tuple[slice, ...]]], output: Tensor) -> None:
        x, ctx.slices = inputs
        ctx.shape = x.shape

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        of_x = gradient.new_zeros(ctx.shape)
        for part, each in zip(gradient.chunk(len(ctx.slices), dim=-2), ctx.slices, strict=True):
            of_x[each] += part
        return of_x, None


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int = 0, groups: int = 1) -> Tensor:
    """PyTorch's convolution in as many dimensions as `weight` has."""
    return (F.conv1d, F.conv2d, F.conv3d)[weight.dim() - 3](x, weight, bias, stride, padding, groups=groups)


def output_size(size: tuple[int, ...], kernel: tuple[int, ...], stride: int, padding: int) -> tuple[int, ...]:
    """The output positions along each dimension, as for a convolution."""
    return tuple((s + 2 * padding - k) // stride + 1 for s, k in zip(size, kernel, strict=True))


class LocallyConnected(nn.Module):
    """A locally connected layer on inputs (batch, in_channels, *size), its copies related by `sharing`.

    Weights and biases start as those of `torch.nn.Conv1d`: U(±1/√fan_in). Hard sharing runs as a true
    convolution. `depth` counts the shared layers before this one. Raises UserError where the kernel does not fit
    into the padded input.
    """

    def __init__(
        self,
        sharing: SharingFactory,
        in_channels: int,
        out_channels: int,
        size: tuple[int, ...],
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        depth: int = 0,
    ) -> None:
        super().__init__()
        kernels = (kernel,) * len(size)
        self.kernels, self.stride, self.padding = kernels, stride, padding
        self.output_size = output_size(size, kernels, stride, padding)
        if min(self.output_size) < 1:
            raise UserError(f"a kernel of {kernel} does not fit into an input of {size} padded by {padding}")
        self.site = Site("positions", self.output_size, depth)
        init = torch_init(in_channels * math.prod(kernels))
        self.weight = sharing(self.site, (out_channels, in_channels, *kernels), init)
        self.bias = sharing(self.site, (out_channels,), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_channels, *size) -> (batch, out_channels, *output_size)."""
        if isinstance(self.weight, Hard) and isinstance(self.bias, Hard):
            return convolve(x, self.weight.value, self.bias.value, self.stride, self.padding)
        return locally_connected(x, self.weight(), self.bias(), self.stride, self.padding)

    def windows(self, x: Tensor) -> Tensor:
        """What any position sees of `x` (batch, in_channels, *size): (batch * positions, numbers)."""
        return local_windows(x, self.kernels, self.stride, self.padding).movedim(-1, 0).flatten(0, 1)

    def filters(self) -> Tensor:
        """All filters as matrices for `windows`: (positions, out_channels, numbers)."""
        return flat_filters(self.weight())
