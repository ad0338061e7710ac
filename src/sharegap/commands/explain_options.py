"""What is wrong with an option, in one line."""

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sharegap.errors import UserError, unknown_name
from sharegap.plan.config_folders import groups
from sharegap.plan.configs import choices, compose_config, open_configs
from sharegap.plan.options import SECTIONS
from sharegap.plan.renamed import new_name

Config = Mapping[Any, Any]


def explain_hydra_error(causes: Sequence[BaseException], config_name: str | None, typed: Sequence[str]) -> str | None:
    """Return one line for an error that Hydra raised; None for another, or one that it met in somebody's code.

    Args:
        causes: the error, then what caused it.
        config_name: of the program, for the options that it has.
        typed: the options as they were typed.
    """
    for cause in causes:
        if isinstance(cause, MissingConfigException) and cause.missing_cfg_file:
            group, _, name = cause.missing_cfg_file.rpartition("/")
            return str(unknown_name(group, name, choices(group)))
        if isinstance(cause, OverrideParseException):
            return f"the option {cause.override!r} cannot be read: {str(cause).splitlines()[0]}"
    error = causes[0]
    if not isinstance(error, HydraException | OmegaConfBaseException) or fault_of_code(causes):
        return None
    if isinstance(error, InstantiationException) and len(causes) > 1:
        error = causes[1]
    key = re.match(r"Could not override '([^']+)'|Key '([^']+)'", str(error))
    if key and config_name:
        return str(_unknown_option(key[1] or key[2], config_name, typed))
    return " ".join(str(error).split())


def fault_of_code(causes: Sequence[BaseException]) -> BaseException | None:
    """Return what somebody's code raised when Hydra called or imported it; None where Hydra itself refused."""
    if not isinstance(causes[0], InstantiationException):
        return None
    for cause in causes:
        frames = traceback.extract_tb(cause.__traceback__)
        if frames and Path(hydra.__file__).parent not in Path(frames[-1].filename).parents:
            is_missing = isinstance(cause, ImportError | AttributeError) and "Error locating" in str(causes[0])
            return None if is_missing else cause
    return None


def _unknown_option(key: str, config_name: str, typed: Sequence[str]) -> UserError:
    if renamed := new_name(key):
        return UserError(f"{key} is now {renamed}")
    # As composed with the choices that were typed: they decide which options there are.
    chosen = [option for option in typed if option.partition("=")[0] in groups() and "," not in option]
    with open_configs():
        config = _composed(config_name, chosen)
        group = key.partition(".")[0]
        having = _choices_with(key, group, config_name)
    if having:
        return UserError(f"{key} needs {' or '.join(having)}")
    if config_name == "bench" and group in SECTIONS:
        return UserError(
            f"{key} must be one of suite.overrides, the options of every run, e.g. 'suite.overrides=[{key}=1]'"
        )
    return unknown_name("option", key, [*_flatten(config), *groups()])


def _choices_with(key: str, group: str, config_name: str) -> list[str]:
    """The options of a group, e.g. `sharing=soft`, with which there is a key."""
    leaf = key.rpartition(".")[2]
    if not any(f"{leaf}:" in choice.file.read_text(encoding="utf-8") for choice in choices(group).values()):
        return []
    options = [f"{group}=[{name}]" if group == "regularizer" else f"{group}={name}" for name in choices(group)]
    return [option for option in options if key in _flatten(_composed(config_name, [option]))]


def _composed(config_name: str, overrides: Sequence[str]) -> Config:
    try:
        config = compose_config(overrides, name=config_name)
    except HydraException:
        config = compose_config([], name=config_name)
    container = OmegaConf.to_container(config)
    assert isinstance(container, Mapping)
    return container


def _flatten(config: Config, prefix: str = "") -> Iterator[str]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
