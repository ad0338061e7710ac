"""What a config may call: the one place that decides which `_target_` is allowed."""

import re
from functools import cache
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

import hydra.utils
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.user_code import targets_in

OWN = ["sharegap.*", "torch.optim.*", "pytorch_lightning.*"]
"""What sharegap's own configs name."""

CALL = "in a call of "

_named: set[str] = set()


@cache
def extending_packages() -> dict[str, str]:
    """The module of configs of each installed package that extends sharegap, by the name of its entry point."""
    return {entry.name: entry.value for entry in sorted(entry_points(group="sharegap.configs"))}


def allow_targets_in(text: str) -> None:
    """Allow each `_target_` that a text names: an option of the command line, or a config file of the user."""
    _named.update(re.findall(r"_target_['\"]?\s*[:=]\s*['\"]?([\w.]+)", text))


def named_targets() -> list[str]:
    """Return what `allow_targets_in` has allowed, for a process that is to allow it too."""
    return sorted(_named)


def allowed_targets() -> list[str]:
    """What may be called: sharegap, the packages that extend it, and what the user names; `.*` ends a package."""
    return [*_installed_targets(), *named_targets()]


def targets_to_name(options: object) -> list[str]:
    """Return the `_target_`s in nested options that are allowed only where the user names them."""
    installed = _installed_targets()
    return sorted({target for target in targets_in(options) if not _is_allowed(target, installed)})


def _installed_targets() -> list[str]:
    packages = {module.partition(".")[0] for module in extending_packages().values()}
    return [*OWN, *(f"{package}.*" for package in sorted(packages))]


def instantiate(config: Any, *args: Any, **kwargs: Any) -> Any:
    """Call what a composed config names, as `hydra.utils.instantiate` does.

    What the called code raises is raised as it is, with a note that begins with `CALL`.

    Raises:
        UserError: for a `_target_` that is not allowed.
    """
    refuse_foreign(OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config)
    if _takes_whitelist():
        kwargs["_execution_whitelist_"] = allowed_targets()
    try:
        return hydra.utils.instantiate(config, *args, **kwargs)
    except Exception as error:
        # Hydra 1.3 wraps what the called code raised, Hydra 1.4 does not.
        is_wrapped = isinstance(error, InstantiationException) and str(error).startswith("Error in call")
        fault = error.__cause__ if is_wrapped and error.__cause__ else error
    if not isinstance(fault, InstantiationException):
        fault.add_note(f"{CALL}{config.get('_target_')}")
    # Out here, else what wraps it would become its context: a ring.
    raise fault from fault.__cause__


def refuse_foreign(options: object) -> None:
    """Raise UserError for a `_target_` in nested options that is not allowed."""
    allowed = allowed_targets()
    for target in targets_in(options):
        if not _is_allowed(target, allowed):
            raise UserError(
                f"_target_ must be in sharegap, in a package that extends it, or named in a folder of configs of your "
                f"own or on the command line, got {target}"
            )


def _is_allowed(target: str, allowed: list[str]) -> bool:
    packages = tuple(pattern[:-1] for pattern in allowed if pattern.endswith(".*"))
    return target in allowed or target.startswith(packages)


@cache
def _takes_whitelist() -> bool:
    """From Hydra 1.4 on."""
    return "_execution_whitelist_" in signature(hydra.utils.instantiate).parameters
