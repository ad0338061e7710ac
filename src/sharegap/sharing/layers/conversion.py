"""From a convolution to the layer that does without its sharing."""

from typing import cast

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.independent import Independent
from sharegap.sharing.layers.locally_connected import LocallyConnected
from sharegap.sharing.strategy import Init, SharingFactory


def as_locally_connected(
    convolution: nn.Conv1d | nn.Conv2d | nn.Conv3d, size: tuple[int, ...], sharing: SharingFactory = Independent
) -> LocallyConnected:
    """A locally connected layer for inputs (batch, in, *size) whose every filter starts as that of `convolution`.

    `sharing` must start its copies as it is told, as `Independent`, `Soft` and `Hard` do. Raises UserError for a
    convolution with groups, dilation, other padding than zeros, or kernels, strides or paddings that differ by
    dimension.
    """
    plain = convolution.groups == 1 and set(convolution.dilation) == {1} and convolution.padding_mode == "zeros"
    options = [convolution.kernel_size, convolution.stride, convolution.padding]
    if not plain or any(isinstance(each, str) or len(set(each)) != 1 for each in options):
        raise UserError(
            f"{convolution} cannot become locally connected: only one group, no dilation, zeros as padding, and "
            "the same kernel, stride and padding in every dimension"
        )
    kernel, stride, padding = (cast(tuple[int, ...], each)[0] for each in options)
    channels = convolution.in_channels, convolution.out_channels
    layer = LocallyConnected(sharing, *channels, tuple(size), kernel, stride, padding)
    layer.weight = sharing(layer.site, tuple(convolution.weight.shape), _copy(convolution.weight))
    layer.bias = sharing(layer.site, (convolution.out_channels,), _copy(convolution.bias))
    return layer.to(convolution.weight)


def _copy(source: Tensor | None) -> Init:
    def init(one: Tensor) -> Tensor:
        return one.zero_() if source is None else one.copy_(source.detach())

    return init
