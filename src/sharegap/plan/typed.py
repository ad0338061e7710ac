"""Options that name files and columns are taken as they are typed, and not as numbers, grammar or choices."""

import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

NAMES = ("out", "dataset.path", "dataset.groups", "dataset.task_column")
NAME_LISTS = ("dataset.targets", "dataset.inputs", "dataset.missing")
ELEMENT = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,]*?)\s*(?:,|$)""")
"""One name of a list, which may stand in quotes."""


def as_typed(override: str, is_sweep: bool = False) -> str:
    """Return an option as Hydra must read it, in quotes where it would take a name for something else.

    Args:
        override: as on the command line.
        is_sweep: whether commas separate the values of several runs.

    Example:
        >>> as_typed("dataset.inputs=[1.10,width]")
        "dataset.inputs=['1.10','width']"
        >>> as_typed("dataset.path=data(1).npz")
        "dataset.path='data(1).npz'"
    """
    key, _, value = override.partition("=")
    option = key.lstrip("+")
    if option not in NAMES + NAME_LISTS or value in ("null", "???") or _is_text(override, is_sweep):
        return override
    if option in NAMES:
        return f"{key}={_quoted(value)}"
    names = value[1:-1] if value[:1] == "[" and value[-1:] == "]" else value
    return f"{key}=[{','.join(_quoted(name) for name in _split(names))}]"


def _is_text(override: str, is_sweep: bool) -> bool:
    """Whether Hydra reads text, or a list of text, or the values of several runs."""
    try:
        parsed = OverridesParser.create().parse_override(override)
        value = [] if parsed.is_sweep_override() else parsed.value()
    except HydraException:
        return False
    if parsed.is_sweep_override():
        return is_sweep
    return all(isinstance(name, str) for name in (value if isinstance(value, list) else [value]))


def _split(names: str) -> list[str]:
    """The names between commas."""
    found, position = [], 0
    while position < len(names):
        match = ELEMENT.match(names, position)
        assert match  # any text matches up to the next comma
        found.append(match[1])
        position = match.end()
    return found


def _quoted(name: str) -> str:
    """The name in quotes, unless it is already."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        return name
    # A backslash is plain unless it stands before a quote.
    escaped = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + (match[2] and "\\'"), name)
    return f"'{escaped}'"
