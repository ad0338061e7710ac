"""Windows of a convolution: kernel, stride, padding and dilation, one number per dimension."""

from dataclasses import dataclass, replace
from itertools import product

from sharegap.errors import UserError

Sizes = tuple[int, ...]
Slices = list[tuple[slice, ...]]


@dataclass(frozen=True)
class Window:
    """What one output position of a convolution meets of its input.

    Args:
        kernel: Size of the kernel along each dimension, >= 1.
        stride: Step along each dimension, >= 1.
        padding: Zeros before and after each dimension, >= 0.
        dilation: Step between the taps of the kernel along each dimension, >= 1.
    """

    kernel: Sizes
    stride: Sizes
    padding: tuple[tuple[int, int], ...]
    dilation: Sizes

    def output_size(self, size: Sizes) -> Sizes:
        """Return the number of output positions along each dimension, for inputs of this size.

        Raises:
            UserError: If the kernel does not fit into the padded inputs.
        """
        positions = []
        for dim, (length, taps) in enumerate(zip(size, self.kernel, strict=True)):
            padded, dilation = length + sum(self.padding[dim]), self.dilation[dim]
            limit = (padded - 1) // dilation + 1
            if taps > limit:
                raise UserError(
                    f"kernel must be <= {limit} for an input of {size} with padding {self.padding[dim][0]}, got {taps}"
                )
            positions.append((padded - dilation * (taps - 1) - 1) // self.stride[dim] + 1)
        return tuple(positions)

    def pads(self) -> list[int]:
        """Return the zeros before and after each dimension, as `F.pad` takes them: the last dimension first."""
        pads: list[int] = []
        for before_and_after in reversed(self.padding):
            pads += before_and_after
        return pads

    def without_padding(self) -> "Window":
        """Return the window of inputs that are padded already."""
        return replace(self, padding=((0, 0),) * len(self.kernel))

    def tap_slices(self, grid: Sizes) -> Slices:
        """For each tap of the kernel, the slices of a padded input that it meets, for outputs (*grid)."""
        slices = []
        for taps in product(*map(range, self.kernel)):
            index = []
            for tap, count, stride, dilation in zip(taps, grid, self.stride, self.dilation, strict=True):
                # Ends at the last position: an open slice would take more numbers for the first taps.
                start = tap * dilation
                index.append(slice(start, start + stride * (count - 1) + 1, stride))
            slices.append(tuple(index))
        return slices


def make_window(
    dims: int,
    kernel: int | Sizes,
    stride: int | Sizes = 1,
    padding: int | Sizes | str = 0,
    dilation: int | Sizes = 1,
) -> Window:
    """Return the window of a convolution in `dims` dimensions, from options as PyTorch takes them.

    Raises:
        UserError: For options out of range, and for padding "same" with another stride than 1.
    """
    kernels, strides = per_dimension("kernel", kernel, dims), per_dimension("stride", stride, dims)
    dilations = per_dimension("dilation", dilation, dims)
    if padding == "same":
        if set(strides) != {1}:
            raise UserError(f'stride must be 1 for padding "same", got {stride}')
        totals = [step * (taps - 1) for taps, step in zip(kernels, dilations, strict=True)]
        # An odd number of zeros has one more after than before, as in PyTorch.
        pads = tuple((total // 2, total - total // 2) for total in totals)
    else:
        padding = 0 if padding == "valid" else padding
        pads = tuple((zeros, zeros) for zeros in per_dimension("padding", padding, dims, minimum=0))
    return Window(kernels, strides, pads, dilations)


def per_dimension(option: str, value: object, dims: int, minimum: int = 1) -> Sizes:
    """Return one number for each dimension.

    Raises:
        UserError: For another number of numbers, or one that is no integer >= `minimum`.
    """
    numbers = tuple(value) if isinstance(value, tuple | list) else (value,) * dims
    valid = [number for number in numbers if isinstance(number, int) and number >= minimum]
    if len(valid) < len(numbers) or len(numbers) != dims:
        several = "" if dims == 1 else f", or {dims} of them"
        raise UserError(f"{option} must be an integer >= {minimum}{several}, got {value!r}")
    return tuple(valid)
