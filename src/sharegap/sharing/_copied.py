"""Modules that compute with copies of a site in place of parameters of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from sharegap.sharing.strategy import SharingStrategy

if TYPE_CHECKING:
    from sharegap.sharing.shared_sites import SharedSites

SOURCE = "_copy_source"


# No module, so that PyTorch does not list the strategies a second time, below the modules that use them.
@dataclass(eq=False)
class CopySource:
    """Says where a module has its parameters from: by name a strategy, of which it is one copy.

    Args:
        sites: Holds the strategies.
        strategies: By the name of the parameter.
        copy: Number of this copy.
    """

    sites: SharedSites
    strategies: dict[str, SharingStrategy]
    copy: int

    def parameter(self, name: str) -> Tensor:
        """Return the parameter with this name, (*shape)."""
        return self.sites.compute_copy(self.strategies[name], self.copy)


def copy_source(module: nn.Module) -> CopySource | None:
    """Return where a module has its parameters from; None if it holds its own."""
    return vars(module).get(SOURCE)


def take_copies(module: nn.Module, source: CopySource) -> None:
    """Let a module compute with copies in place of its own parameters of these names."""
    for name in source.strategies:
        delattr(module, name)
    vars(module).pop("_flat_weights", None)
    vars(module)[SOURCE] = source
    base: Any = type(module)
    module.__class__ = class_with_copies(base, tuple(source.strategies))


def give_parameters(module: nn.Module, source: CopySource) -> None:
    """Let a module hold parameters of its own again, which are equal to its copies."""
    parameters = {}
    for name, strategy in source.strategies.items():
        is_trained = any(parameter.requires_grad for parameter in strategy.parameters())
        parameters[name] = nn.Parameter(source.parameter(name).detach().clone(), requires_grad=is_trained)
    module.__class__ = type(module).__mro__[1]
    del vars(module)[SOURCE]
    for name, parameter in parameters.items():
        module.register_parameter(name, parameter)
    if isinstance(module, nn.RNNBase):
        module._init_flat_weights()


@cache
def class_with_copies(base: type[nn.Module], names: tuple[str, ...]) -> type[nn.Module]:
    """Return a subclass, with the name of its base, whose parameters of these names are read from a `CopySource`.

    A class and not hooks: a property is read wherever a weight is, in a compiled, exported or batched call too.
    """
    namespace: dict[str, Any] = {name: _parameter_property(name) for name in names}
    namespace |= {"__module__": base.__module__, "__doc__": base.__doc__, "__reduce_ex__": _reduce_by(base, names)}
    if issubclass(base, nn.RNNBase):
        # Recurrent layers keep a list of their weights, which would be out of date after the first step.
        namespace["_flat_weights"] = property(_list_weights)
        namespace["__setstate__"] = _set_state
        namespace |= dict.fromkeys(["_weights_have_changed", "_init_flat_weights", "flatten_parameters"], _do_nothing)
    return type(base.__name__, (base,), namespace)


def _parameter_property(name: str) -> property:
    def parameter(module: nn.Module) -> Tensor:
        source: CopySource = vars(module)[SOURCE]
        return source.parameter(name)

    return property(parameter)


def _reduce_by(base: type[nn.Module], names: tuple[str, ...]) -> Callable[[nn.Module, int], tuple[Any, ...]]:
    """Return a `__reduce_ex__` that names the base, for nobody can import a class that is made when it is needed."""

    def reduce(module: nn.Module, protocol: int) -> tuple[Any, ...]:
        reduced: Any = base.__reduce_ex__(module, max(2, protocol))
        function, arguments, *state = reduced
        importable = tuple(base if argument is type(module) else argument for argument in arguments)
        return _make_instance, (function, importable, names), *state

    return reduce


def _make_instance(function: Callable[..., Any], arguments: tuple[Any, ...], names: tuple[str, ...]) -> nn.Module:
    instance = function(*arguments)
    base: Any = type(instance)
    instance.__class__ = class_with_copies(base, names)
    return instance


def _list_weights(module: nn.RNNBase) -> list[Tensor]:
    return [getattr(module, name) for name in module._flat_weights_names]


def _set_state(module: nn.RNNBase, state: dict[str, Any]) -> None:
    """Take over what is kept of a module; its weights are not read, which a fleet may have stacked."""
    nn.Module.__setstate__(module, state)
    module._flat_weight_refs = []


def _do_nothing(module: nn.RNNBase) -> None:
    """There is no list to bring up to date, nor are there parameters to lay one behind the other in memory."""
