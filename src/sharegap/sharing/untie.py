"""Shared weights as independent ones."""

import copy

from torch import nn

from sharegap.sharing._site_names import require_module
from sharegap.sharing.share import give_own_parameters


def untie(module: nn.Module) -> nn.Module:
    """Return a copy of a module in which no two places share a parameter.

    It computes the same; training then moves each place alone. That holds for `TiedLinear` and `tie`, for the copies
    that `share` made, for parameters that were assigned to several modules, and for a module that is registered under
    several names. A layer that is called several times by one name stays one.

    After `share` the names in the state dict are those of the network before it. Strategies that were built into a
    network, as `SharedLinear` has them, stay.

    Every submodule with a method `untied` is replaced by what it returns, called on the copy.

    Args:
        module: Any module; not changed. Of a network that was shared the whole, not a part.

    Raises:
        UserError: For a part of what was given to `share`.

    Example:
        >>> from sharegap.sharing import TiedLinear
        >>> encoder = nn.Linear(8, 3)
        >>> model = untie(nn.Sequential(encoder, TiedLinear(encoder, transpose=True)))
        >>> model[1]
        Linear(in_features=3, out_features=8, bias=True)
    """
    require_module(module)
    separate = copy.deepcopy(module)
    give_own_parameters(separate)
    return _separate(separate, set())


def _separate(module: nn.Module, visited: set) -> nn.Module:
    """Return what takes this module's place; `visited` are the modules and parameters that have a place."""
    untied = getattr(module, "untied", None)
    if callable(untied):
        module = untied()
    elif module in visited:
        module = copy.deepcopy(module)
    visited.add(module)
    for name, child in module._modules.items():
        if child is not None:
            module._modules[name] = _separate(child, visited)
    for name, parameter in module._parameters.items():
        if parameter is not None and parameter in visited:
            # By setattr, because recurrent layers keep lists of their parameters.
            setattr(module, name, nn.Parameter(parameter.detach().clone(), parameter.requires_grad))
        visited.add(module._parameters[name])
    return module
