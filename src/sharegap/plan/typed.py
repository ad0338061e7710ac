"""Options reach Hydra as they are typed: names of files and columns as text, signs that need quotes in quotes."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from sharegap.errors import UserError
from sharegap.plan.config_folders import groups

PATHS = ("out", "dataset.path", "dataset.test_path", "predict")
NAMES = (*PATHS, "dataset.groups", "dataset.task_column", "dataset.time_column")
NAME_LISTS = ("dataset.targets", "dataset.inputs", "dataset.missing", "dataset.categories", "dataset.leave_out")
ELEMENT = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,]*?)\s*(?:,|$)""")
"""One name of a list, which may stand in quotes."""
OPEN = ("model.network.module.", "model.network.sites.", "model.trainer.")
"""Sections that take options of any name: arguments of a user's function, sites, and options of a Trainer."""
NESTED = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\[\]{},]|\w+\s*:(?!\S)|(?:=\[[^\[\]]*\]|[^\[\]{},])+)"""
)
"""A part of a list or section: a text in quotes or without, which may end with a list; a bracket, a comma, a key."""


@cache
def as_typed(override: str, is_sweep: bool = False) -> str:
    """Return an option as Hydra must read it, in quotes where it would take a text for something else.

    Args:
        override: as on the command line.
        is_sweep: whether commas separate the values of several runs.

    Raises:
        UserError: for several values where one run is asked for, and for a section without options.

    Example:
        >>> as_typed("dataset.inputs=[1.10,width]")
        "dataset.inputs=['1.10','width']"
        >>> as_typed("dataset.path=data(1).npz")
        "dataset.path='data(1).npz'"
        >>> as_typed("suite.overrides=[training.steps=5]")
        "suite.overrides=['training.steps=5']"
    """
    key, sign, value = override.partition("=")
    key = key.strip()
    option = key.lstrip("+")
    if not sign:
        return override
    if option == key and key.startswith(OPEN):
        key = f"++{key}"
    parsed = parse(f"{key}={value}")
    if option in NAMES + NAME_LISTS and (value in ("null", "???") or _is_text(parsed, value, is_sweep)):
        return f"{key}={_at_home(option, value)}"
    if option in NAMES or (option in groups() and not _is_choice(parsed)):
        return f"{key}={_texts(_at_home(option, value), is_sweep)}"
    if option in NAME_LISTS:
        names = value[1:-1] if value[:1] == "[" and value[-1:] == "]" else value
        return f"{key}=[{','.join(quote(name) for name in _split(names))}]"
    if parsed is None:
        return f"{key}={_repaired(value, is_sweep)}"
    if parsed.is_sweep_override() and not is_sweep:
        raise UserError(f"{option} must be one value for one run, got {value}: add -m to train several runs")
    if not parsed.is_sweep_override() and parsed.value() == {} and not (key[0] == "+" and key[1:2] != "+"):
        raise UserError(f"{option} must hold what it changes, got {{}}, which changes nothing: sections are merged")
    return f"{key}={value}"


def parse(override: str) -> Override | None:
    """Return an option as Hydra reads it; None where it cannot."""
    try:
        parsed = OverridesParser.create().parse_override(override)
        if not parsed.is_sweep_override():
            parsed.value()
    except HydraException:
        return None
    return parsed


def text_of(override: str) -> str:
    """Return the value of an option as text, without the quotes it may stand in.

    Example:
        >>> text_of("out='my folder'"), text_of("out=1.10")
        ('my folder', '1.10')
    """
    value = override.partition("=")[2]
    parsed = parse(f"out={_at_home('out', value)}")
    return str(parsed.value()) if parsed and _is_text(parsed, value, is_sweep=False) else value


def _is_text(parsed: Override | None, value: str, is_sweep: bool) -> bool:
    """Whether Hydra reads text, or a list of text, or the values of several runs."""
    if parsed is None:
        return False
    if parsed.is_sweep_override():
        return is_sweep
    read: Any = parsed.value()
    if isinstance(read, list):
        return parsed.key_or_group in NAME_LISTS and all(isinstance(name, str) for name in read)
    return isinstance(read, str) and (value[:1] in "'\"" or value == value.strip())


def _is_choice(parsed: Override | None) -> bool:
    """Whether Hydra reads the name of a file, names, or those of several runs."""
    if parsed is None or parsed.is_sweep_override():
        return parsed is not None
    value = parsed.value()
    return all(isinstance(name, str) for name in (value if isinstance(value, list) else [value]))


def _at_home(option: str, value: str) -> str:
    """A path with the user's folder in place of a leading ~."""
    is_in_quotes = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    path = value[1:-1] if is_in_quotes else value
    if option not in PATHS or not path.startswith("~"):
        return value
    try:
        return quote(str(Path(path).expanduser()))
    except RuntimeError:  # nobody has this name
        return value


def _split(names: str) -> list[str]:
    """The names between commas."""
    found, position = [], 0
    while position < len(names):
        match = ELEMENT.match(names, position)
        assert match  # any text matches up to the next comma
        found.append(match[1])
        position = match.end()
    return found


def _texts(value: str, is_sweep: bool) -> str:
    """A text in quotes, or those of several runs."""
    return ",".join(map(quote, _split(value))) if is_sweep else quote(value)


def _repaired(value: str, is_sweep: bool) -> str:
    """A value that cannot be read, with each of its texts in quotes; what is still none is left for Hydra to refuse."""
    if value[:1] not in "[{":
        return _texts(value, is_sweep)
    parts = []
    for part in NESTED.findall(value):
        is_text = part[0] not in "[]{},'\"" and not part.endswith(":") and parse(f"x={part}") is None
        parts.append(quote(part.rstrip()) if is_text else part)
    return "".join(parts)


def quote(name: str) -> str:
    """Return the name in quotes, unless it is already."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"" and parse(f"x={name}"):
        return name
    # A backslash is plain unless it stands before a quote.
    escaped = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + (match[2] and "\\'"), name)
    return f"'{escaped}'"


def option_names(options: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    """List the names of nested options as they are typed.

    Example:
        >>> list(option_names({"seed": 0, "sharing": {"name": "hard"}}))
        ['seed', 'sharing.name']
    """
    for key, value in options.items():
        if isinstance(value, Mapping):
            yield from option_names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
