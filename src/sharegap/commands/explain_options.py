"""What is wrong with an option, in one line."""

import os
import re
import shlex
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import HydraException, InstantiationException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from sharegap.errors import UserError, unknown_name
from sharegap.plan.config_folders import groups
from sharegap.plan.configs import choices, compose_config, open_configs
from sharegap.plan.options import SECTIONS
from sharegap.plan.renamed import new_name
from sharegap.plan.targets import CALL
from sharegap.plan.typed import option_names, parse, quote

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
            name = str(cause.override).partition("=")[0]
            given = [option for option in typed if option.partition("=")[0].strip() == name]
            return _explain_spelling(given[-1] if given else str(cause.override), config_name, typed)
        if isinstance(cause, InterpolationKeyError):
            return _explain_reference(str(cause.msg))
    error = causes[0]
    if isinstance(error, InstantiationException):
        return _explain_target(causes)
    if not isinstance(error, HydraException | OmegaConfBaseException):
        return " ".join(str(error).split()) if _is_refused_call(error) else None
    key = re.match(r"Could not (?:override|delete) '([^']+)'|Key '([^']+)'", str(error))
    if key and config_name:
        return str(_unknown_option(key[1] or key[2], config_name, typed))
    merged = re.match(r"Error merging override \+*([^=]+)=(.*)", str(error), re.DOTALL)
    if merged and config_name:
        return _explain_form(merged[1], merged[2], config_name, typed)
    return re.split(r"\s+full_key:", " ".join(str(error).split()))[0]


def _explain_spelling(override: str, config_name: str | None, typed: Sequence[str]) -> str:
    key, sign, value = override.partition("=")
    if not sign:
        return f"an option must be name=value, got {override!r}"
    quoted = f"{key}={quote(value)}"
    if parse(quoted) is None and config_name:  # not the value: the name is at fault
        return str(_unknown_option(key.lstrip("+~"), config_name, typed))
    written = f'"{quoted}"' if not set('"$`\\!') & set(quoted) else shlex.quote(quoted)
    return f"the option {override!r} cannot be read: a text with such signs needs quotes, write {written}"


def _explain_reference(message: str) -> str:
    name = re.sub(r"Interpolation key '(.*)' not found", r"\1", message.splitlines()[0])
    remedy = f": an environment variable is ${{oc.env:{name}}}" if name in os.environ else ""
    return f"there is no option {name!r}, which ${{{name}}} stands for{remedy}"


def _explain_form(key: str, value: str, config_name: str, typed: Sequence[str]) -> str:
    kept = [option for option in typed if option.partition("=")[0].lstrip("+") != key]
    with open_configs():
        here = _at(_composed(config_name, kept), key)
    if isinstance(here, DictConfig | ListConfig):
        return f"{key} must be {'a section of options' if isinstance(here, DictConfig) else 'a list'}, got {value}"
    return f"{key} cannot be {value}"


def _at(config: Config, key: str) -> object:
    """What stands at a place of a config."""
    return OmegaConf.select(OmegaConf.create(dict(config)), key)


def _explain_target(causes: Sequence[BaseException]) -> str | None:
    """What cannot be imported; None where the module is there and raised while it was imported."""
    for cause in causes:
        if not isinstance(cause, HydraException | ImportError | AttributeError):
            return None
    return " ".join(str(causes[min(1, len(causes) - 1)]).split())


def _is_refused_call(error: BaseException) -> bool:
    """Whether Hydra refused an option's value, or made a call that failed before a line of what was called ran."""
    frames = traceback.extract_tb(error.__traceback__)
    is_call = any(note.startswith(CALL) for note in getattr(error, "__notes__", []))
    is_refused = is_call or isinstance(error, ValueError | TypeError)
    return is_refused and Path(hydra.__file__).parent in Path(frames[-1].filename).parents


def _unknown_option(key: str, config_name: str, typed: Sequence[str]) -> UserError:
    givers = [option for option in typed if option.lstrip("+~").startswith(key)]
    if config_name == "bench" and key.partition(".")[0] in SECTIONS and not givers:  # an option of a suite's runs
        config_name, typed = "config", []
    if key == "out":  # each command has it, so Hydra has found a group of that name
        return UserError(
            "a folder that --config-dir names must not contain a folder out: configs need one of their own"
        )
    if renamed := new_name(key):
        return UserError(f"{key} is now {renamed}")
    # As composed with the choices that were typed: they decide which options there are.
    chosen = [option for option in typed if option.partition("=")[0] in groups() and "," not in option]
    with open_configs():
        config = _composed(config_name, chosen)
        if givers and isinstance(_at(config, key), DictConfig) and key not in groups():
            return UserError(f"{key} has no such options yet: new ones are added with a plus, +{givers[-1]}")
        group = key.partition(".")[0]
        having = _choices_with(key, group, config_name)
    if having:
        return UserError(f"{key} needs {' or '.join(having)}")
    if config_name == "bench" and group in SECTIONS:
        return UserError(
            f"{key} must be one of suite.overrides, the options of every run, e.g. 'suite.overrides=[{key}=1]'"
        )
    return unknown_name("option", key, {*option_names(config), *groups()} - {key})


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
