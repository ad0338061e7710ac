"""A convolution with copies."""

import math

from torch import Tensor, nn

from sharegap.sharing.layers._unfold import convolve
from sharegap.sharing.layers._window import make_window
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, shared_values, torch_init


def conv_per_copy(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """Apply one convolution per copy, in one to three dimensions.

    Args:
        x: (batch, copies, in, *size), or (batch, 1, in, *size), the same for all copies.
        weight: (copies, out, in, *kernel).
        bias: (copies, out).
        stride: Step along every dimension, >= 1.

    Returns:
        (batch, copies, out, *output size).
    """
    copies = len(weight)
    # One grouped convolution, whose groups are the copies: PyTorch has no batched one.
    inputs = x.expand(-1, copies, *(-1,) * (x.dim() - 2)).flatten(1, 2)
    window = make_window(weight.dim() - 3, tuple(weight.shape[3:]), stride)
    outputs = convolve(inputs, weight.flatten(0, 1), bias.flatten(), window, groups=copies)
    return outputs.unflatten(1, (copies, -1))


class SharedConv(nn.Module):
    """Apply `torch.nn.Conv1d` to `Conv3d` with one copy of its filters for each use, related by a sharing strategy.

    Within a copy, positions share their filters. Weights and biases have the initial distribution of PyTorch's.

    Args:
        sharing: Relates the copies.
        site: Where the copies are used.
        in_channels: Input channels of one copy.
        out_channels: Output channels of one copy.
        size: Size of the inputs, one number per dimension.
        kernel: Size of the kernel along every dimension, >= 1.
        stride: Step along every dimension, >= 1.

    Raises:
        UserError: If the kernel does not fit into the inputs.

    Example:
        >>> import torch
        >>> from sharegap.sharing import Independent
        >>> layer = SharedConv(Independent, Site("branches", (2,)), 1, 4, size=(8, 8), kernel=3)
        >>> layer(torch.ones(5, 2, 1, 8, 8)).shape
        torch.Size([5, 2, 4, 6, 6])
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
        self.window = make_window(len(size), kernel, stride)
        self.output_shape = (out_channels, *self.window.output_size(size))
        init = torch_init(in_channels * math.prod(self.window.kernel))
        self.weight = sharing(site, (out_channels, in_channels, *self.window.kernel), init)
        self.bias = sharing(site, (out_channels,), init)

    def forward(self, x: Tensor) -> Tensor:
        """Apply every copy: (batch, copies, in, *size) -> (batch, copies, *output_shape).

        For inputs (batch, 1, in, *size), the same for all copies, a shared value returns (batch, 1, *output_shape).
        """
        shared = shared_values(self.weight, self.bias)
        if shared is None:
            return conv_per_copy(x, self.weight(), self.bias(), self.stride)
        # All copies have the same filters, so they join the batch.
        return convolve(x.flatten(0, 1), *shared, self.window).unflatten(0, x.shape[:2])
