"""The weights that a module computes with, however they are wrapped, normalized, pruned or quantized."""

from collections.abc import Callable, Iterator
from functools import partial

from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.nn.utils.parametrize import is_parametrized
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from sharegap.sharing._copied import copy_source
from sharegap.sharing.shared_sites import SharedSites

WRAPPED_NAMES = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_original_module")
"""Where torch.compile, FSDP, activation checkpoints and Lightning Fabric keep the module that they wrap."""


def unwrap(module: nn.Module) -> nn.Module:
    """Return the module inside wrappers that change how it runs, and not what it computes."""
    if isinstance(module, DataParallel | DistributedDataParallel):
        return unwrap(module.module)
    for name in WRAPPED_NAMES:
        inner = module._modules.get(name)
        if inner is not None:
            return unwrap(inner)
    return module


def effective_weight(module: nn.Module, name: str = "weight") -> Tensor | None:
    """Return the tensor of this name that the module computes with; None if it has none.

    It is differentiable with respect to the module's parameters, and computing it changes no state.
    """
    module = unwrap(module)
    compute = _recipes(module).get(name)
    if compute is not None:
        return compute()
    weight = getattr(module, name, None)
    # A quantized module has a method that returns its weight.
    weight = weight() if callable(weight) and not isinstance(weight, nn.Module) else weight
    if not isinstance(weight, Tensor):
        return None
    return weight.dequantize() if weight.is_quantized else weight


def effective_weights(module: nn.Module) -> dict[str, Tensor]:
    """Return what stands in a module for its parameters, by their names without wrappers and parametrizations.

    Buffers are left out. A module or parameter that is used twice is listed once.
    """
    weights: dict[str, Tensor] = {}
    for name, weight in _named_weights(module, "", set()):
        if not any(weight is other for other in weights.values()):
            weights[name] = weight
    return weights


def _named_weights(module: nn.Module, prefix: str, visited: set[nn.Module]) -> Iterator[tuple[str, Tensor]]:
    module = unwrap(module)
    if module in visited:
        return
    visited.add(module)
    recipes = _recipes(module)
    # What the computed weights are made from.
    parts = {name + suffix for name in recipes for suffix in ("_g", "_v", "_orig")}
    for name, parameter in module.named_parameters(recurse=False):
        if name not in parts:
            yield prefix + name, parameter
    for name, compute in recipes.items():
        yield prefix + name, compute()
    source = copy_source(module)
    for name in source.strategies if source else ():
        yield prefix + name, getattr(module, name)
    for name, child in module.named_children():
        # These hold what such weights are computed from.
        is_behind = isinstance(child, SharedSites) or (name == "parametrizations" and is_parametrized(module))
        if not is_behind:
            yield from _named_weights(child, f"{prefix}{name}.", visited)


def _recipes(module: nn.Module) -> dict[str, Callable[[], Tensor]]:
    """How to compute the weights that are not themselves parameters of the module.

    The older norms and pruning set a plain attribute at each call: between calls it is out of date.
    """
    recipes: dict[str, Callable[[], Tensor]] = {}
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, WeightNorm):
            recipes[hook.name] = partial(hook.compute_weight, module)
        elif isinstance(hook, SpectralNorm):
            recipes[hook.name] = partial(hook.compute_weight, module, do_power_iteration=False)
        elif isinstance(hook, BasePruningMethod):
            recipes[hook._tensor_name] = partial(hook.apply_mask, module)
    if is_parametrized(module):
        for name, _ in module.get_submodule("parametrizations").named_children():
            recipes[name] = partial(_parametrized, module, name)
    return recipes


def _parametrized(module: nn.Module, name: str) -> Tensor:
    """The value of a parametrization, which in training mode may take a step of its own, as spectral norm does."""
    parametrization = module.get_submodule(f"parametrizations.{name}")
    training = parametrization.training
    parametrization.eval()
    try:
        return getattr(module, name)
    finally:
        parametrization.train(training)
