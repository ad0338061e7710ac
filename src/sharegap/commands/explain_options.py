"""What is wrong with an option, in one line."""

import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sharegap.errors import UserError, unknown_name
from sharegap.plan.config_folders import groups
from sharegap.plan.configs import choices, compose_config, open_configs
from sharegap.plan.options import SECTIONS, option_names
from sharegap.plan.renamed import new_name
from sharegap.plan.targets import CALL

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
    if isinstance(error, InstantiationException):
        return _explain_target(causes)
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return " ".join(str(error).split()) if _is_refused_call(error) else None
    key = re.match(r"Could not override '([^']+)'|Key '([^']+)'", str(error))
    if key and config_name:
        return str(_unknown_option(key[1] or key[2], config_name, typed))
    return " ".join(str(error).split())


def _explain_target(causes: Sequence[BaseException]) -> str | None:
    """What cannot be imported; None where the module is there and raised while it was imported."""
    for cause in causes:
        if not isinstance(cause, HydraException | ImportError | AttributeError):
            return None
    return " ".join(str(causes[min(1, len(causes) - 1)]).split())


def _is_refused_call(error: BaseException) -> bool:
    """Whether a call failed before any line of what was called ran, as with an argument that it does not take."""
    frames = traceback.extract_tb(error.__traceback__)
    is_call = any(note.startswith(CALL) for note in getattr(error, "__notes__", []))
    return is_call and Path(hydra.__file__).parent in Path(frames[-1].filename).parents


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
    return unknown_name("option", key, [*option_names(config), *groups()])


def _choices_with(key: str, group: str, config_name: str) -> list[str]:
    """The options of a group, e.g. `sharing=soft`, with which there is a key."""
    leaf = key.rpartition(".")[2]
    if not any(f"{leaf}:" in choice.file.read_text(encoding="utf-8") for choice in choices(group).values()):
        return []
    options = [f"{group}=[{name}]" if group == "regularizer" else f"{group}={name}" for name in choices(group)]
    return [option for option in options if key in option_names(_composed(config_name, [option]))]


def _composed(config_name: str, overrides: Sequence[str]) -> Config:
    try:
        config = compose_config(overrides, name=config_name)
    except HydraException:
        config = compose_config([], name=config_name)
    container = OmegaConf.to_container(config)
    assert isinstance(container, Mapping)
    return container
