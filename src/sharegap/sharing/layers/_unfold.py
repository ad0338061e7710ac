"""Windows of an input, and the convolutions that go with them, in any number of dimensions."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sharegap.sharing.layers._window import Sizes, Slices, Window


def unfold(x: Tensor, window: Window, grid: Sizes) -> Tensor:
    """Return the window of each output position of a convolution.

    Args:
        x: (batch, in, *size).
        window: What a position meets.
        grid: Number of output positions along each dimension.

    Returns:
        (positions, taps * in, batch), positions in row-major order of the output.
    """
    # Positions first and the batch last: each tap of the kernel is then a slice of whole rows, and the sum over taps
    # one bmm.
    x = F.pad(x.movedim(0, -1).movedim(0, -2), [0, 0, 0, 0, *window.pads()])
    return _take_slices(x, window.tap_slices(grid), -2).flatten(0, len(grid) - 1)


def flatten_filters(weight: Tensor) -> Tensor:
    """Return filters (positions, out, in, *kernel) as matrices for `unfold`, (positions, out, taps * in)."""
    return weight.movedim(2, -1).flatten(2)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, window: Window, groups: int = 1) -> Tensor:
    """Apply PyTorch's convolution in one to three dimensions, as many as `weight` has.

    Args:
        x: (batch, groups * in, *size).
        weight: (out, in, *kernel).
        bias: (out,), or None.
        window: What a position meets.
        groups: Number of groups of channels, >= 1.

    Returns:
        (batch, out, *output size).
    """
    if any(before != after for before, after in window.padding):
        # PyTorch's own takes equal numbers only.
        x, window = F.pad(x, window.pads()), window.without_padding()
    bias = weight.new_zeros(weight.shape[0]) if bias is None else bias
    # A trace cannot hold an operation of our own.
    apply = _torch_convolution if torch.jit.is_tracing() else _Convolution.apply
    outputs: Tensor = apply(x, weight, bias, window, groups)
    return outputs


def _take_slices(x: Tensor, slices: Slices, dim: int) -> Tensor:
    """Concatenate slices of x along one dimension, in which they are whole."""
    if torch.jit.is_tracing():
        return torch.cat([x[index] for index in slices], dim)
    windows: Tensor = _Windows.apply(x, slices, dim)
    return windows


class _Windows(torch.autograd.Function):
    """Slices of x, concatenated along one dimension.

    Autograd's own backward fills a tensor like x with zeros for each slice. Here all slices add to one tensor, which
    makes training in two dimensions 1.5 times as fast.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, slices: Slices, dim: int) -> Tensor:
        return torch.cat([x[index] for index in slices], dim)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Slices, int], output: Tensor) -> None:
        x, ctx.slices, ctx.dim = inputs
        ctx.shape = x.shape

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        # Slices overlap where the stride is smaller than the kernel: gradients add up.
        x_gradient = gradient.new_zeros(ctx.shape)
        for chunk, index in zip(gradient.chunk(len(ctx.slices), ctx.dim), ctx.slices, strict=True):
            x_gradient[index] += chunk
        return x_gradient, None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        # Linear in x.
        return _take_slices(tangents[0], ctx.slices, ctx.dim)


class _Convolution(torch.autograd.Function):
    """PyTorch's convolution of one run, and the same of many runs at once."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, window: Window, groups: int) -> Tensor:
        return _torch_convolution(x, weight, bias, window, groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])
        ctx.save_for_forward(*inputs[:2])
        ctx.window, ctx.groups = inputs[3:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        stride, padding, dilation = _torch_options(ctx.window)
        options = (stride, padding, dilation, False, [0] * len(stride), ctx.groups, ctx.needs_input_grad[:3])
        by_tensor = torch.ops.aten.convolution_backward(gradients[0], x, weight, [len(weight)], *options)
        return (*by_tensor, None, None)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        x, weight = ctx.saved_tensors
        x_tangent, weight_tangent, bias_tangent = tangents[:3]
        # Linear in the inputs, and in weight and bias together; an argument that does not vary has no tangent.
        terms = []
        if x_tangent is not None:
            terms.append(convolve(x_tangent, weight, None, ctx.window, ctx.groups))
        if weight_tangent is not None or bias_tangent is not None:
            varied = torch.zeros_like(weight) if weight_tangent is None else weight_tangent
            terms.append(convolve(x, varied, bias_tangent, ctx.window, ctx.groups))
        return torch.stack(terms).sum(0)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *inputs: Any) -> tuple[Tensor, int]:
        tensors = []
        for tensor, dim in zip(inputs[:3], in_dims[:3], strict=True):
            runs = tensor.expand(info.batch_size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
            tensors.append(runs)
        # Of sequences, windows take two thirds of the time of a convolution with that many groups, on a GPU also of
        # images; on a CPU more.
        is_faster_by_windows = tensors[1].dim() == 4 or tensors[0].is_cuda
        convolve_runs = _convolve_by_windows if is_faster_by_windows else _convolve_in_groups
        return convolve_runs(*tensors, *inputs[3:]), 0


def _torch_options(window: Window) -> tuple[Sizes, Sizes, Sizes]:
    """Stride, padding and dilation, as PyTorch takes them."""
    return window.stride, tuple(before for before, _ in window.padding), window.dilation


def _torch_convolution(x: Tensor, weight: Tensor, bias: Tensor, window: Window, groups: int) -> Tensor:
    convolution = (F.conv1d, F.conv2d, F.conv3d)[weight.dim() - 3]
    return convolution(x, weight, bias, *_torch_options(window), groups)


def _convolve_by_windows(x: Tensor, weight: Tensor, bias: Tensor, window: Window, groups: int) -> Tensor:
    """Apply a convolution for each run, (runs, ...), as one batched product of filters and windows."""
    runs, channels = weight.shape[:2]
    grid = window.output_size(tuple(x.shape[3:]))
    # The batch last, as in `unfold`; the channels first, so that one product covers all positions.
    x = F.pad(x.movedim(1, -1), [0, 0, *window.pads()])
    slices = [(slice(None),) * 3 + index for index in window.tap_slices(grid)]
    windows: Tensor = _Windows.apply(x.unsqueeze(2), slices, 2)  # (runs, groups * in, taps, *size, batch)
    filters = weight.reshape(runs * groups, channels // groups, -1)
    columns = windows.view(runs * groups, filters.shape[2], -1)
    outputs = torch.baddbmm(bias.reshape(runs * groups, -1, 1), filters, columns)
    return outputs.view(runs, channels, *grid, -1).movedim(-1, 1)


def _convolve_in_groups(x: Tensor, weight: Tensor, bias: Tensor, window: Window, groups: int) -> Tensor:
    """Apply a convolution for each run, (runs, ...), as one whose groups are the runs'."""
    runs = len(weight)
    inputs, filters = x.movedim(0, 1).flatten(1, 2), weight.flatten(0, 1)
    outputs = _torch_convolution(inputs, filters, bias.flatten(), window, runs * groups)
    return outputs.unflatten(1, (runs, -1)).movedim(1, 0)
