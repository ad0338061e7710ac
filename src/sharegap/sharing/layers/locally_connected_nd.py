"""Locally connected layers in their own right, in the manner of `nn.Conv1d` to `nn.Conv3d`."""

from typing import ClassVar, Literal

from sharegap.sharing.independent import Independent
from sharegap.sharing.layers._window import Sizes, per_dimension
from sharegap.sharing.layers.locally_connected import LocallyConnected
from sharegap.sharing.strategy import SharingFactory


class _LocallyConnectedNd(LocallyConnected):
    dims: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int | Sizes,
        kernel: int | Sizes,
        stride: int | Sizes = 1,
        padding: int | Sizes | str = 0,
        *,
        dilation: int | Sizes = 1,
        groups: int = 1,
        bias: bool | Literal["shared"] = True,
        sharing: SharingFactory = Independent,
    ) -> None:
        sizes = per_dimension("size", size, self.dims)
        super().__init__(
            sharing,
            in_channels,
            out_channels,
            sizes,
            kernel,
            stride,
            padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )


class LocallyConnected1d(_LocallyConnectedNd):
    """Apply `nn.Conv1d` with filters of its own at each output position.

    The filters are the parameter `weight.value`, (positions, out_channels, in_channels / groups, kernel). A position
    has (in_channels / groups · kernel + 1) · out_channels numbers, with its biases. A forward pass keeps a copy of the
    windows: batch · positions · in_channels · kernel numbers.

    Args:
        in_channels: Channels of the inputs.
        out_channels: Channels of the outputs.
        size: Length of the inputs.
        kernel: Size of the kernel, >= 1.
        stride: Step, >= 1.
        padding: Zeros on both sides, >= 0, or "same" for outputs of the inputs' length, with stride 1.
        dilation: Step between the taps of the kernel, >= 1.
        groups: Number of groups of channels, >= 1, which divides both numbers of channels.
        bias: True for biases of each position, "shared" for biases that serve all positions, or False.
        sharing: Relates the filters over positions, by default not at all.

    Raises:
        UserError: For options out of range, a kernel that does not fit into the padded inputs, and inputs of another
            size.

    Example:
        >>> import torch
        >>> layer = LocallyConnected1d(2, 4, size=9, kernel=3, padding="same", dilation=2)
        >>> layer(torch.ones(5, 2, 9)).shape, layer.weight.value.shape
        (torch.Size([5, 4, 9]), torch.Size([9, 4, 2, 3]))
    """

    dims = 1


class LocallyConnected2d(_LocallyConnectedNd):
    """Apply `nn.Conv2d` with filters of its own at each output position.

    Arguments, parameters and memory are those of `LocallyConnected1d`; each size is one number or (height, width).
    Positions are in row-major order.

    Example:
        >>> import torch
        >>> layer = LocallyConnected2d(3, 8, size=(6, 9), kernel=3, stride=(1, 2), padding=1, bias="shared")
        >>> layer(torch.ones(5, 3, 6, 9)).shape, layer.weight.value.shape
        (torch.Size([5, 8, 6, 5]), torch.Size([30, 8, 3, 3, 3]))
    """

    dims = 2


class LocallyConnected3d(_LocallyConnectedNd):
    """Apply `nn.Conv3d` with filters of its own at each output position.

    Arguments, parameters and memory are those of `LocallyConnected1d`; each size is one number or (depth, height,
    width). Positions are in row-major order.

    Example:
        >>> import torch
        >>> layer = LocallyConnected3d(2, 4, size=5, kernel=(1, 2, 3), groups=2, bias=False)
        >>> layer(torch.ones(5, 2, 5, 5, 5)).shape, layer.weight.value.shape
        (torch.Size([5, 4, 5, 4, 3]), torch.Size([60, 4, 1, 1, 2, 3]))
    """

    dims = 3
