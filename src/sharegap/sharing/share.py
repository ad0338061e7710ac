"""Sharing between submodules of any network."""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Literal

import torch
from torch import nn

from sharegap.errors import UserError, check_range
from sharegap.sharing._copied import CopySource, copy_source, give_parameters, take_copies
from sharegap.sharing._site_names import find_submodules, require_module
from sharegap.sharing._site_parameters import ParameterCopies, find_parameters
from sharegap.sharing._start import begin_from, init_by_module, init_in_turn, reset_parameters
from sharegap.sharing.shared_sites import SharedSites
from sharegap.sharing.soft import Soft
from sharegap.sharing.strategy import SharingFactory, SharingStrategy, overrides

Start = Literal["own", "fresh"] | Callable[[nn.Module], object]
NAME, REFERENCE = "shared_sites", "_shared_sites"
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
"""Modules that are read as lists of their children, where one more would be in the way."""


def share(
    module: nn.Module,
    sites: Mapping[str, str | Sequence[str]],
    strategy: SharingFactory = Soft,
    *,
    strength: float | None = None,
    start: Start = "own",
) -> SharedSites:
    """Share the parameters of submodules of any network, by any sharing strategy.

    The submodules of a site, equal in the names and shapes of their parameters, become copies. The network is changed
    in place and called as before. Call this before an optimizer is made, and again for sites with another strategy.

    Buffers stay apart: copies of a BatchNorm share weight and bias, and each keeps running statistics of its own.
    Frozen parameters stay as they are.

    Args:
        module: Any network.
        sites: By the name of each site, the names of its submodules, in order. In patterns, `*` stands for one part:
            "blocks.*.attention".
        strategy: Relates the copies, default `Soft`.
        strength: λ >= 0; by default that of the strategy, if it has one.
        start: "own" (default) begins from the weights that the module has, or the nearest that the strategy can
            represent: `Soft` keeps the function, `Hard` takes the mean. "fresh" draws by `reset_parameters` of the
            modules. A function of a module, as for `nn.Module.apply`, draws by that.

    Returns:
        What holds the shared weights. Add its `penalty()` to the loss, and call its `pull(lr, steps)` after each step.

    Raises:
        UserError: For submodules that cannot be copies of one site, or a strength that the strategy does not take.

    Warns:
        UserWarning: With the distance from the weights of the module, where the strategy cannot represent them.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
        >>> before = network(torch.ones(1, 4))
        >>> sites = share(network, {"layers": ["0", "2"]}, strength=3)
        >>> torch.allclose(network(torch.ones(1, 4)), before, atol=1e-6)
        True
    """
    _check_options(module, sites, strategy, strength, start)
    parameters = find_parameters(module, find_submodules(module, sites))
    # The module's own weights need no chance: whatever is drawn later is as without sharing.
    with torch.random.fork_rng(devices=[], enabled=start == "own"):
        weights = [_make_weight(copies, strategy, strength, start) for copies in parameters]
    if start == "own":
        stacks = [copies.stack() for copies in parameters]
        names = [copies.site.name for copies in parameters]
        begin_from(zip(names, weights, stacks, strict=True))
    return put_weights(module, parameters, weights)


def put_weights(
    module: nn.Module, parameters: Sequence[ParameterCopies], weights: Sequence[SharingStrategy]
) -> SharedSites:
    """Let the submodules of a network compute with copies of `weights`, one for each of `parameters`."""
    shared = _register(module, parameters[0].owners[0])
    users: dict[nn.Module, CopySource] = {}
    for copies, weight in zip(parameters, weights, strict=True):
        shared.add(copies.site.name, copies.name, weight)
        for index, owner in enumerate(copies.owners):
            users.setdefault(owner, CopySource(shared, {}, index)).strategies[copies.leaf] = weight
    for owner, source in users.items():
        take_copies(owner, source)
    return shared


def _check_options(
    module: nn.Module,
    sites: Mapping[str, str | Sequence[str]],
    strategy: SharingFactory,
    strength: float | None,
    start: Start,
) -> None:
    """Raise UserError for options that no network takes."""
    require_module(module)
    if not isinstance(sites, Mapping):
        raise UserError(f"sites must be a dict of submodules by the names of sites, got {type(sites).__name__}")
    if strength is not None:
        check_range("strength", strength, "[0, inf]")
    if start not in ("own", "fresh") and not callable(start):
        raise UserError(f"start must be 'own', 'fresh' or a function of a module, got {start!r}")
    if not callable(strategy):
        raise UserError(f"strategy must be a sharing strategy, such as Soft or Hard, got {strategy!r}")
    if hasattr(module, NAME) and REFERENCE not in vars(module):
        raise UserError(f"a module to be shared must have no attribute {NAME}, got {type(module).__name__} with one")
    shared = vars(module).get(REFERENCE, [SharedSites()])[0]
    for site in sites:
        if not isinstance(site, str) or not site.isidentifier() or hasattr(shared, site):
            raise UserError(f"the name of a site must be a new identifier, got {site!r}")


def _make_weight(
    copies: ParameterCopies, strategy: SharingFactory, strength: float | None, start: Start
) -> SharingStrategy:
    """Return the weight that parameters of a site become copies of, drawn if it starts fresh."""
    parameter = copies.parameter
    if start == "own":
        init = init_in_turn(copies.stack())
    else:
        reset = reset_parameters if start == "fresh" else start
        init = init_by_module(copies.owners[0], copies.leaf, reset)
    weight = strategy(copies.site, tuple(parameter.shape), init).to(parameter.device, parameter.dtype)
    _set_strength(weight, strength)
    return weight


def _set_strength(weight: SharingStrategy, strength: float | None) -> None:
    """Set λ, where it is given; raise UserError if the strategy needs another."""
    require_weights_alone(weight)
    name = type(weight).__name__
    if strength is not None:
        weight.set_strength(strength)
    elif weight.strength == 0 and (overrides(weight, "penalty") or overrides(weight, "pull")):
        raise UserError(f"strength must be given for {name}, got none")
    if strength == math.inf and not _can_be_hard(weight):
        raise UserError(f"strength must be finite for {name}, got inf")


def require_weights_alone(weight: SharingStrategy) -> None:
    """Raise UserError for a strategy that needs to be called between the layers."""
    if overrides(weight, "mix_activations"):
        name = type(weight).__name__
        raise UserError(f"strategy must be one that relates weights alone, got {name}, which mixes activations")


@torch.no_grad()
def _can_be_hard(weight: SharingStrategy) -> bool:
    """Return whether the strategy's numbers stay finite at λ = ∞."""
    trial = deepcopy(weight)
    trial.pull(trial.strength.new_tensor(0.1), 10)
    penalty = trial.penalty()
    return penalty is None and bool(trial().isfinite().all())


def _register(module: nn.Module, first_owner: nn.Module) -> SharedSites:
    """Return the shared sites of a network, new ones where it has none yet."""
    if REFERENCE in vars(module):
        return vars(module)[REFERENCE][0]
    home = first_owner if isinstance(module, CONTAINERS) else module
    shared = SharedSites()
    setattr(home, NAME, shared)
    # In a tuple, because PyTorch would register it a second time.
    vars(module)[REFERENCE] = (shared,)
    shared.watch(module)
    return shared


def give_own_parameters(module: nn.Module) -> None:
    """Give the submodules of a shared network parameters of their own again, in place: each copy as it is."""
    modules = list(module.modules())
    sources = {user: source for user in modules if (source := copy_source(user))}
    if not {source.sites for source in sources.values()} <= set(modules):
        raise UserError("module must be the whole that share was given, got a part of it")
    for user, source in sources.items():
        give_parameters(user, source)
    for parent in modules:
        vars(parent).pop(REFERENCE, None)
        shared = parent._modules.get(NAME)
        if isinstance(shared, SharedSites):
            shared.unwatch()
            delattr(parent, NAME)
