"""Ties between the layers of any model, by their names."""

from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.effective_weights import effective_weight
from sharegap.sharing.tied import Tied, find_module

_TIED_CLASSES: dict[Any, type[Tied]] = {}
"""By the class of the layer, made when first used."""


def tie(model: nn.Module, target: str, source: str, transpose: bool | None = None) -> nn.Module:
    """Make one layer of a model compute with the weight of another; its bias is its own.

    The weight of the target leaves the model, so tie before making the optimizer. The source is looked up by its name
    at every use. So the tie follows what replaces, wraps, quantizes or parametrizes the source, and survives all that
    `TiedLinear` does. Checkpoints load that hold both names with equal weights, or only one of them.

    Args:
        model: Holds both layers; changed in place.
        target: Name of the layer that is to use another's weight, e.g. "decoder" or "lm_head".
        source: Name of the layer whose weight it uses, e.g. "encoder" or "embedding". `nn.Conv1d` to `nn.Conv3d` go
            with their transposed convolutions, `nn.Embedding` with `nn.Linear`.
        transpose: Whether to swap the first two dimensions of the weight; by default, if only then the shapes agree. A
            convolution and its transposed convolution use one weight as it is.

    Returns:
        The model.

    Raises:
        UserError: For names that are not in the model, and weights that do not fit.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.ConvTranspose2d(8, 1, 3))
        >>> tie(model, target="2", source="0")(torch.ones(5, 1, 9, 9)).shape
        torch.Size([5, 1, 9, 9])
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.bias']
    """
    layer, weight = _find(model, "target", target)
    origin, source_weight = _find(model, "source", source)
    if "weight" not in layer._parameters:
        raise UserError(f"target must have a parameter `weight`, got {target}, which computes its weight")
    _require_no_circle(layer, origin)
    is_adjoint = getattr(layer, "transposed", False) != getattr(origin, "transposed", False)
    swap = False if is_adjoint else _decide_transpose(weight, source_weight, transpose)
    if (source_weight.transpose(0, 1) if swap else source_weight).shape != weight.shape:
        shapes = f"{target} {tuple(weight.shape)} and {source} {tuple(source_weight.shape)}"
        raise UserError(f"target and source must have weights of one shape, transposed or not, got {shapes}")
    del layer._parameters["weight"]
    layer.__class__ = _tied_class(type(layer))
    assert isinstance(layer, Tied)
    layer.tie_to(model, source, swap)
    layer.move_source(model, source)
    return model


def _find(model: nn.Module, option: str, name: str) -> tuple[nn.Module, Tensor]:
    """The module of this name and its weight."""
    if not isinstance(name, str):
        raise UserError(f"{option} must be the name of a module, got {type(name).__name__}")
    module = find_module(model, name)
    if module is None:
        raise unknown_name(f"module for {option}", name, filter(None, dict(model.named_modules())))
    weight = effective_weight(module)
    if weight is None or isinstance(weight, UninitializedParameter) or weight.dim() < 2:
        raise UserError(
            f"{option} must be a layer with a weight of two dimensions or more, got {name}, a {type(module).__name__}"
        )
    return module, weight


def _require_no_circle(layer: nn.Module, origin: nn.Module) -> None:
    """Raise UserError where the weight of a layer would be its own source."""
    while isinstance(origin, Tied) and origin is not layer:
        origin = origin.find_source()
    if origin is layer:
        raise UserError("source must be another layer than target, got one that uses the weight of the target")


def _decide_transpose(weight: Tensor, source_weight: Tensor, transpose: bool | None) -> bool:
    if transpose is not None:
        return transpose
    swapped = source_weight.transpose(0, 1).shape
    if swapped == source_weight.shape == weight.shape:
        raise UserError(f"transpose must be True or False for a weight that fits both ways, got {tuple(weight.shape)}")
    return swapped == weight.shape


def _tied_class(kind: type[nn.Module]) -> type[Tied]:
    """The class of layers of a kind whose weight is another layer's."""
    if kind not in _TIED_CLASSES:
        members = {"untied_class": kind, "__reduce_ex__": _reduce}
        _TIED_CLASSES[kind] = type(f"Tied{kind.__name__}", (Tied, kind), members)
    return _TIED_CLASSES[kind]


def _reduce(layer: Tied, protocol: Any) -> tuple:
    """Pickle a layer by the class of its kind: its own cannot be imported."""
    state = nn.Module.__reduce_ex__(layer, protocol)[2]
    return _empty_layer, (layer.untied_class,), state


def _empty_layer(kind: type[nn.Module]) -> Tied:
    tied_class = _tied_class(kind)
    return tied_class.__new__(tied_class)
