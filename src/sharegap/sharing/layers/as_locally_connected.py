"""Convolutions without weight sharing."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import type_before_parametrizations

from sharegap.errors import UserError
from sharegap.sharing.effective_weights import effective_weight, unwrap
from sharegap.sharing.independent import Independent
from sharegap.sharing.layers._window import Sizes, per_dimension
from sharegap.sharing.layers.locally_connected import LocallyConnected
from sharegap.sharing.strategy import Init, SharingFactory, SharingStrategy


def as_locally_connected(
    convolution: nn.Module, size: int | Sizes, sharing: SharingFactory = Independent
) -> LocallyConnected:
    """Return a locally connected layer whose filters all start as those of a convolution.

    It has a bias per position if the convolution has a bias. What is frozen there is frozen here.

    Args:
        convolution: `nn.Conv1d`, `nn.Conv2d` or `nn.Conv3d`, with zeros as padding.
        size: Size of the inputs, one number per dimension.
        sharing: Relates the filters over positions. It must start its copies as the initializer says, as
            `Independent` (default), `SoftPenalty` and `Hard` do.

    Raises:
        UserError: For any other module, size or strategy.

    Example:
        >>> convolution, x = nn.Conv1d(2, 3, kernel_size=3), torch.ones(5, 2, 9)
        >>> layer = as_locally_connected(convolution, size=(9,))
        >>> torch.allclose(layer(x), convolution(x), atol=1e-6)
        True
    """
    convolution = _require_convolution(convolution)
    if not callable(sharing):
        raise UserError(f"sharing must be a strategy, such as sharegap.Independent, got {sharing!r}")
    with torch.enable_grad():  # without it, a computed weight would look frozen
        weight, bias = effective_weight(convolution), effective_weight(convolution, "bias")
    assert weight is not None
    layer = LocallyConnected(
        sharing,
        convolution.in_channels,
        convolution.out_channels,
        per_dimension("size", size, weight.dim() - 2),
        convolution.kernel_size,
        convolution.stride,
        convolution.padding,
        dilation=convolution.dilation,
        groups=convolution.groups,
        bias=False,
    )
    layer.weight = _start_from(weight, layer, sharing)
    if bias is not None:
        layer.bias = _start_from(bias, layer, sharing)
    return layer.train(convolution.training)


def _require_convolution(module: nn.Module) -> nn.Conv1d | nn.Conv2d | nn.Conv3d:
    """The convolution itself, without wrappers."""
    convolution = unwrap(module) if isinstance(module, nn.Module) else module
    # Exactly these: a subclass, such as a transposed or lazy one, computes something else.
    if type_before_parametrizations(convolution) in (nn.Conv1d, nn.Conv2d, nn.Conv3d):
        assert isinstance(convolution, nn.Conv1d | nn.Conv2d | nn.Conv3d)
        if convolution.padding_mode == "zeros":
            return convolution
    raise UserError(f"convolution must be an nn.Conv1d, Conv2d or Conv3d with zeros as padding, got {convolution}")


def _start_from(source: Tensor, layer: LocallyConnected, sharing: SharingFactory) -> SharingStrategy:
    """Copies of one tensor for all positions of a layer, with its dtype, device and whether it is trained."""
    strategy = sharing(layer.site, tuple(source.shape), _copy_from(source)).to(source)
    start = strategy()
    if not torch.allclose(start, source.expand_as(start), rtol=1e-4):
        raise UserError(
            "sharing must start its copies as the convolution, as Independent, SoftPenalty and Hard do, got "
            f"{type(strategy).__name__}, whose copies start otherwise"
        )
    return strategy.requires_grad_(source.requires_grad)


def _copy_from(source: Tensor) -> Init:
    """An initializer that copies `source`."""

    def init(copy: Tensor) -> Tensor:
        return copy.copy_(source.detach())

    return init
