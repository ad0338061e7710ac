"""Windows of an input, and the sizes and convolutions that go with them, in any number of dimensions."""

from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sharegap.errors import UserError

Slices = list[tuple[slice, ...]]


def unfold(x: Tensor, kernel: tuple[int, ...], stride: int, padding: int) -> Tensor:
    """Return the window of each output position of a convolution.

    Args:
        x: (batch, in, *size).
        kernel: Size of the kernel along each dimension, >= 1.
        stride: Step along every dimension, >= 1.
        padding: Zeros on both sides of every dimension, >= 0.

    Returns:
        (positions, taps * in, batch), positions in row-major order of the output.
    """
    dims = len(kernel)
    # Positions first and the batch last: each tap of the kernel is then a slice of whole rows, and the sum over taps
    # one bmm.
    x = F.pad(x.movedim(0, -1).movedim(0, -2), (0, 0, 0, 0) + (padding, padding) * dims)
    slices = _tap_slices(kernel, output_size(tuple(x.shape[:dims]), kernel, stride, padding=0), stride)
    windows: Tensor = _Windows.apply(x, slices, -2)
    return windows.flatten(0, dims - 1)


def flatten_filters(weight: Tensor) -> Tensor:
    """Return filters (positions, out, in, *kernel) as matrices for `unfold`, (positions, out, taps * in)."""
    return weight.movedim(2, -1).flatten(2)


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int = 0, groups: int = 1) -> Tensor:
    """Apply PyTorch's convolution in one to three dimensions, as many as `weight` has.

    Args:
        x: (batch, groups * in, *size).
        weight: (out, in, *kernel).
        bias: (out,).
        stride: Step along every dimension, >= 1.
        padding: Zeros on both sides of every dimension, >= 0.
        groups: Number of groups of channels, >= 1.

    Returns:
        (batch, out, *output size).
    """
    outputs: Tensor = _Convolution.apply(x, weight, bias, stride, padding, groups)
    return outputs


def output_size(size: tuple[int, ...], kernel: tuple[int, ...], stride: int, padding: int) -> tuple[int, ...]:
    """Return the number of output positions of a convolution along each dimension.

    Args:
        size: Size of the inputs along each dimension.
        kernel: Size of the kernel along each dimension, at most that of the padded inputs.
        stride: Step along every dimension, >= 1.
        padding: Zeros on both sides of every dimension, >= 0.
    """
    positions = []
    for length, taps in zip(size, kernel, strict=True):
        positions.append((length + 2 * padding - taps) // stride + 1)
    return tuple(positions)


def require_kernel_fits(kernel: int, size: tuple[int, ...], padding: int) -> None:
    """Raise UserError where a kernel does not fit into the padded inputs.

    Args:
        kernel: Size of the kernel along every dimension.
        size: Size of the inputs along each dimension.
        padding: Zeros on both sides of every dimension, >= 0.
    """
    # The same kernel serves every dimension, so the smallest one decides.
    limit = min(size) + 2 * padding
    if kernel > limit:
        raise UserError(f"kernel must be <= {limit} for an input of {size} with padding {padding}, got {kernel}")


def _tap_slices(kernel: tuple[int, ...], output: tuple[int, ...], stride: int) -> Slices:
    """For each tap of the kernel, the slices of an input that it meets, one position after the other."""
    slices = []
    for tap in product(*map(range, kernel)):
        index = []
        for start, count in zip(tap, output, strict=True):
            # Ends at the last position: an open slice would take more numbers for the first taps.
            index.append(slice(start, start + stride * (count - 1) + 1, stride))
        slices.append(tuple(index))
    return slices


class _Windows(torch.autograd.Function):
    """Concatenate slices of x along one dimension, in which they are whole.

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


class _Convolution(torch.autograd.Function):
    """PyTorch's convolution of one run, and the same of many runs at once."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int, groups: int) -> Tensor:
        return _torch_convolution(x, weight, bias, stride, padding, groups)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])
        ctx.stride, ctx.padding, ctx.groups = inputs[3:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        dims = weight.dim() - 2
        strides, paddings, ones, zeros = [ctx.stride] * dims, [ctx.padding] * dims, [1] * dims, [0] * dims
        options = (strides, paddings, ones, False, zeros, ctx.groups, ctx.needs_input_grad[:3])
        by_tensor = torch.ops.aten.convolution_backward(gradients[0], x, weight, [len(weight)], *options)
        return (*by_tensor, None, None, None)

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


def _torch_convolution(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int, groups: int) -> Tensor:
    convolution = (F.conv1d, F.conv2d, F.conv3d)[weight.dim() - 3]
    return convolution(x, weight, bias, stride, padding, groups=groups)


def _convolve_by_windows(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int, groups: int) -> Tensor:
    """Apply a convolution for each run, (runs, ...), as one batched product of filters and windows."""
    runs, channels, _, *kernel = weight.shape
    # The batch last, as in `unfold`; the channels first, so that one product covers all positions.
    x = F.pad(x.movedim(1, -1), (0, 0) + (padding, padding) * len(kernel))
    size = output_size(tuple(x.shape[2:-1]), tuple(kernel), stride, padding=0)
    slices = [(slice(None),) * 3 + index for index in _tap_slices(tuple(kernel), size, stride)]
    windows: Tensor = _Windows.apply(x.unsqueeze(2), slices, 2)  # (runs, groups * in, taps, *size, batch)
    filters = weight.reshape(runs * groups, channels // groups, -1)
    columns = windows.view(runs * groups, filters.shape[2], -1)
    outputs = torch.baddbmm(bias.reshape(runs * groups, -1, 1), filters, columns)
    return outputs.view(runs, channels, *size, -1).movedim(-1, 1)


def _convolve_in_groups(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int, groups: int) -> Tensor:
    """Apply a convolution for each run, (runs, ...), as one whose groups are the runs'."""
    runs = len(weight)
    inputs, filters = x.movedim(0, 1).flatten(1, 2), weight.flatten(0, 1)
    outputs = _torch_convolution(inputs, filters, bias.flatten(), stride, padding, runs * groups)
    return outputs.unflatten(1, (runs, -1)).movedim(1, 0)
