"""A convolution with copies."""

import math

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.hard import Hard
from sharegap.sharing.layers.locally_connected import convolve, output_size
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, torch_init


def copied_convolution(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """A convolution of its own for each copy, in one to three dimensions.

    `x` is (batch, copies, in, *size), or (batch, 1, in, *size), the same for all copies; `weight` is
    (copies, out, in, *kernel) and `bias` (copies, out). Returns (batch, copies, out, *output size).
    """
    copies = len(weight)
    together = x.expand(-1, copies, *(-1,) * (x.dim() - 2)).flatten(1, 2)
    return convolve(together, weight.flatten(0, 1), bias.flatten(), stride, groups=copies).unflatten(1, (copies, -1))


class SharedConv(nn.Module):
    """`torch.nn.Conv1d` to `Conv3d` once per copy, the copies related by `sharing`; starts as those do.

    Positions share their filters in each copy. `size` is that of the inputs. Raises UserError where the kernel does
    not fit into them.
    """

    def __init__(
        self,
        sharing: SharingFactory,
        site: Site,
        in_channels: int,
        out_channels: int,
        size: tuple[int, ...],
        kernel: int,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.stride = stride
        kernels = (kernel,) * len(size)
        self.output_shape = (out_channels, *output_size(size, kernels, stride, padding=0))
        if min(self.output_shape) < 1:
            raise UserError(f"a kernel of {kernel} does not fit into an input of {size}")
        init = torch_init(in_channels * math.prod(kernels))
        self.weight = sharing(site, (out_channels, in_channels, *kernels), init)
        self.bias = sharing(site, (out_channels,), init)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, copies, in, *size) -> (batch, copies, *output_shape).

        Of inputs (batch, 1, in, *size), the same for all copies, hard sharing makes (batch, 1, *output_shape).
        """
        if isinstance(self.weight, Hard) and isinstance(self.bias, Hard):
            flat = convolve(x.flatten(0, 1), self.weight.value, self.bias.value, self.stride)
            return flat.unflatten(0, x.shape[:2])
        return copied_convolution(x, self.weight(), self.bias(), self.stride)
