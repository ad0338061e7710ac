"""Soft sharing between modules that exist."""

from collections.abc import Iterable, Mapping
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from sharegap.errors import UserError
from sharegap.sharing.distances import get_distance, widen
from sharegap.sharing.effective_weights import effective_weights, unwrap

Weights = dict[str, Tensor]


def penalty_between(modules: Iterable | Mapping | nn.Module, distance: str = "l2") -> Tensor:
    """Return the distance between modules of one structure, summed over their parameters.

    Add λ times this scalar to a loss to share softly, in any PyTorch model. Wrappers, such as those of `torch.compile`
    and DDP, are looked through. Weights under weight or spectral norm, pruning or any other parametrization are
    compared as the modules compute with them. Buffers, such as running means, are left out.

    Args:
        modules: Two or more modules or tensors, in a list, a dict or one of PyTorch's containers. Names and shapes of
            parameters must agree. One of them may itself be a list or a dict.
        distance: "l2" (default), "l1", "group" or "cosine".

    Returns:
        A scalar, in single precision for modules in half precision.

    Raises:
        UserError: For an unknown distance, for modules of different structure, and where there is nothing to compare.

    Example:
        >>> left, right = nn.Linear(8, 4), nn.Linear(8, 4)
        >>> loss = 0.1 * penalty_between([left, right])
        >>> loss.backward()
        >>> torch.allclose(left.weight.grad, -right.weight.grad)
        True
    """
    members = _members(modules)
    measure = get_distance(distance)
    weights = [_weights(member) for member in members]
    _require_same_structure(weights)
    _require_different(members, weights)
    penalties = []
    # Parameter by parameter, because the distances group and cosine are not sums over the parts of a vector.
    for name in weights[0]:
        copies = torch.stack([widen(weight[name]) for weight in weights])
        penalties.append(measure(copies))
    return torch.stack(penalties).sum()


def _members(modules: object) -> list[object]:
    """The modules or tensors in a container."""
    if isinstance(modules, Mapping | nn.ModuleDict | nn.ParameterDict):
        modules = modules.values()
    if isinstance(modules, str | Tensor) or not isinstance(modules, Iterable):
        raise UserError(f"modules must be a list or dict of modules or tensors, got {type(modules).__name__}")
    members = list(modules)
    if len(members) < 2:
        raise UserError(f"modules must be at least two to be compared, got {len(members)}")
    return members


def _weights(member: object) -> Weights:
    """What is compared of one module, tensor or collection of these, by name."""
    weights = _collect(member, "")
    if not weights:
        raise UserError(f"modules must have parameters to be compared, got {type(member).__name__} without")
    for name, weight in weights.items():
        if isinstance(weight, UninitializedParameter):
            raise UserError(f"modules must have initialized parameters, got a lazy {name}: call them once before")
        if not weight.is_floating_point():
            raise UserError(f"modules must have parameters of real numbers, got {name} of {weight.dtype}")
    return weights


def _collect(member: object, prefix: str) -> Weights:
    if isinstance(member, nn.Module):
        return {prefix + name: weight for name, weight in effective_weights(member).items()}
    if isinstance(member, Tensor):
        return {prefix.rstrip(".") or "tensor": member}
    if isinstance(member, str) or not isinstance(member, Iterable):
        raise UserError(f"modules must be modules or tensors, got {member!r}")
    items = member.items() if isinstance(member, Mapping) else enumerate(member)
    weights: Weights = {}
    for name, part in items:
        weights |= _collect(part, f"{prefix}{name}.")
    return weights


def _require_same_structure(weights: list[Weights]) -> None:
    """Raise UserError where the parameters of modules differ in name, shape or device."""
    shapes = [{(name, weight.shape) for name, weight in member.items()} for member in weights]
    for other in shapes[1:]:
        if other != shapes[0]:
            names = sorted({name for name, _ in other ^ shapes[0]})
            raise UserError(f"modules must agree in the names and shapes of parameters, got other {', '.join(names)}")
    for name in weights[0]:
        devices = sorted({str(member[name].device) for member in weights})
        if len(devices) > 1:
            raise UserError(f"modules must be on one device, got {name} on {' and '.join(devices)}")


def _require_different(members: list[object], weights: list[Weights]) -> None:
    """Raise UserError where two members are one, or have all parameters in common: they are always 0 apart."""
    unwrapped = [unwrap(member) if isinstance(member, nn.Module) else member for member in members]
    for one, other in combinations(range(len(members)), 2):
        same_weights = all(weight is weights[other][name] for name, weight in weights[one].items())
        if unwrapped[one] is unwrapped[other] or same_weights:
            raise UserError("modules must differ in at least one parameter, got the same module or tensor twice")
