"""Which submodules of a network the names and patterns of a site mean."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from torch import nn

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.shared_sites import SharedSites


def require_module(module: object) -> None:
    """Raise UserError for anything but a module."""
    if not isinstance(module, nn.Module):
        raise UserError(f"module must be a torch.nn.Module, got {type(module).__name__}")


def find_submodules(module: nn.Module, sites: Mapping[str, str | Sequence[str]]) -> dict[str, dict[str, nn.Module]]:
    """Return the submodules of each site by their names, in the order in which they are written or registered.

    Raises:
        UserError: For a name or pattern without a submodule, or a site with fewer than two.
    """
    if not sites:
        raise UserError("sites must be a dict of at least one site and its submodules, got {}")
    return {
        site: _find_site(module, site, [names] if isinstance(names, str) else names) for site, names in sites.items()
    }


def match_submodules(module: nn.Module, patterns: Iterable[str]) -> dict[str, nn.Module]:
    """Return the submodules that names and patterns mean, by name; raise UserError for one that means none."""
    # Neither the network itself, nor what an earlier call has added to it.
    hidden = {module}.union(*(added.modules() for added in module.modules() if isinstance(added, SharedSites)))
    named = module.named_modules(remove_duplicate=False)
    existing = {name: submodule for name, submodule in named if submodule not in hidden}
    submodules = {}
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise UserError(f"a submodule must be given by its name, got {type(pattern).__name__}")
        names = [name for name in existing if _matches(name, pattern)]
        if not names:
            raise unknown_name("submodule", pattern, existing)
        submodules.update({name: existing[name] for name in names})
    return submodules


def _find_site(module: nn.Module, site: str, patterns: Iterable[str]) -> dict[str, nn.Module]:
    submodules = match_submodules(module, patterns)
    if len(submodules) < 2:
        raise UserError(f"site {site} must have at least two submodules, got {' and '.join(submodules) or 'none'}")
    if len(set(submodules.values())) < len(submodules):
        raise UserError(f"site {site} must have submodules that are not the same object, got {', '.join(submodules)}")
    return submodules


def _matches(name: str, pattern: str) -> bool:
    """Whether a name matches part by part: `blocks.*` means `blocks.0`, and not `blocks.0.attention`."""
    parts, wanted = name.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
