"""The parameters of submodules that become copies of one site, and what keeps submodules from being copies."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from sharegap.errors import UserError
from sharegap.sharing._copied import copy_source
from sharegap.sharing.site import Site

ASPECTS: dict[str, Callable[[nn.Parameter], object]] = {
    "shape": lambda parameter: tuple(parameter.shape),
    "dtype": lambda parameter: parameter.dtype,
    "device": lambda parameter: parameter.device,
    "requires_grad": lambda parameter: parameter.requires_grad,
}
"""In what the copies of a parameter must agree."""


@dataclass(frozen=True, eq=False)
class ParameterCopies:
    """The copies of one parameter of a site.

    Args:
        site: With a depth and inputs, which are those of the parameter.
        name: Of the parameter in each submodule, "attention.weight".
        owners: The modules that hold the copies, in order.
    """

    site: Site
    name: str
    owners: tuple[nn.Module, ...]

    @property
    def leaf(self) -> str:
        """The parameter's name in its owner, "weight"."""
        return self.name.rpartition(".")[2]

    @property
    def parameter(self) -> nn.Parameter:
        """The first copy."""
        return self.owners[0].get_parameter(self.leaf)

    def stack(self) -> Tensor:
        """Return the numbers of all copies, (copies, *shape)."""
        return torch.stack([owner.get_parameter(self.leaf).detach() for owner in self.owners])


def find_parameters(module: nn.Module, sites: Mapping[str, Mapping[str, nn.Module]]) -> list[ParameterCopies]:
    """Return the parameters of each site, without frozen ones.

    Args:
        module: The network.
        sites: By the name of each site, its submodules by their names in the network.

    Raises:
        UserError: For submodules that cannot be copies of one site, and where all are frozen.
    """
    shared: list[ParameterCopies] = []
    holders = _holders(module)
    site_of: dict[nn.Parameter, str] = {}
    layers: list[nn.Module] = []
    for site, submodules in sites.items():
        for name in _common_names(site, submodules):
            parameters = {f"{copy}.{name}": submodules[copy].get_parameter(name) for copy in submodules}
            _require_agreement(parameters)
            if not any(parameter.requires_grad for parameter in parameters.values()):
                continue  # what is not trained stays what it is
            _require_one_holder(parameters, holders)
            _require_one_site(site, parameters, site_of)
            path = name.rpartition(".")[0]
            owners = tuple(submodule.get_submodule(path) for submodule in submodules.values())
            if _has_matrix(owners[0]) and owners[0] not in layers:
                layers.append(owners[0])
            # A normalization belongs to the layer before it.
            depth = max(0, len(layers) - 1)
            place = Site(site, (len(owners),), depth, ordered=True, inputs=_inputs(owners[0]))
            shared.append(ParameterCopies(place, name, owners))
    if not shared:
        raise UserError(f"site {', '.join(sites)} must have parameters that are trained, got frozen ones alone")
    return shared


def _holders(module: nn.Module) -> dict[nn.Parameter, list[str]]:
    """Return by parameter the names under which modules hold it; a module with several names counts once."""
    holders = defaultdict(list)
    for path, owner in module.named_modules():
        for name, parameter in owner.named_parameters(recurse=False, remove_duplicate=False):
            holders[parameter].append(f"{path}.{name}".lstrip("."))
    return holders


def _common_names(site: str, submodules: Mapping[str, nn.Module]) -> list[str]:
    """Return the names of the parameters of a submodule; raise UserError where submodules differ in them."""
    for name, submodule in submodules.items():
        if any(copy_source(part) for part in submodule.modules()):
            raise UserError(f"a submodule of site {site} must not be shared already, got {name}")
    first, *others = submodules
    names = dict.fromkeys(name for name, _ in submodules[first].named_parameters())
    for other in others:
        differing = sorted(names.keys() ^ dict(submodules[other].named_parameters()).keys())
        if differing:
            raise UserError(
                f"the submodules of site {site} must agree in the names of parameters, got {differing[0]} in only one "
                f"of {first} and {other}"
            )
    if not names:
        raise UserError(f"the submodules of site {site} must have parameters, got none in {first}")
    return list(names)


def _require_agreement(parameters: Mapping[str, nn.Parameter]) -> None:
    """Raise UserError for parameters, by their names in the network, that differ in more than their numbers."""
    first, *others = parameters
    for name, parameter in parameters.items():
        if isinstance(parameter, UninitializedParameter):
            raise UserError(f"{name} must have a shape, got a lazy parameter: call the module once before")
        if parameter.is_meta:
            raise UserError(f"{name} must have numbers, got a parameter on the meta device: load it before")
    for other in others:
        for aspect, look_up in ASPECTS.items():
            one, another = look_up(parameters[first]), look_up(parameters[other])
            if one != another:
                raise UserError(f"{first} and {other} must have the same {aspect}, got {one} and {another}")


def _require_one_holder(parameters: Mapping[str, nn.Parameter], holders: Mapping[nn.Parameter, list[str]]) -> None:
    for parameter in parameters.values():
        if len(holders[parameter]) > 1:
            raise UserError(f"a parameter of a site must not be tied, got {' and '.join(holders[parameter])}")


def _require_one_site(site: str, parameters: Mapping[str, nn.Parameter], site_of: dict[nn.Parameter, str]) -> None:
    """Note that these parameters are of a site; raise UserError if one is already, of this or another."""
    for name, parameter in parameters.items():
        if parameter in site_of:
            raise UserError(f"{name} must be a copy at one site, got {site_of[parameter]} and {site}")
        site_of[parameter] = site


def _has_matrix(owner: nn.Module) -> bool:
    """Return whether a module is a layer of its own, as a normalization is not."""
    return any(parameter.dim() > 1 for parameter in owner.parameters(recurse=False))


def _inputs(owner: nn.Module) -> tuple[int, int | None]:
    """Return which dimensions of a module's weight run over inputs, as `Site` takes them."""
    is_first = isinstance(owner, nn.Embedding | nn.EmbeddingBag) or getattr(owner, "transposed", False)
    return (0, 1) if is_first else (1, None)
