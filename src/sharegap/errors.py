"""The error that users are meant to read, and the checks that raise it most often."""

import math
import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

OUT_OF_MEMORY = "there is not enough memory for this model and batch: use a smaller one"
MAX_LISTED = 20
"""How many names are listed beside the closest ones."""
MIN_LIKENESS, MAX_LAG = 0.5, 0.2
"""How like a name must be to what was typed, from 0 to 1, and how much less than the closest one it may be."""


class UserError(ValueError):
    """Report a mistake that the user can correct.

    The message is one line, even where it quotes text with line breaks. It has the form `<option> must be
    <condition>, got <value>`, followed by at most one remedy.

    Example:
        >>> raise UserError("training.steps must be an integer >= 1, got 0")
        Traceback (most recent call last):
            ...
        sharegap.errors.UserError: training.steps must be an integer >= 1, got 0
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(" ".join(message.split())))


def printable(text: str) -> str:
    """Return the text with a sign in place of what moves a terminal's cursor, or cannot be printed.

    Example:
        >>> printable("a\\x1b[31mb")
        'a\ufffd[31mb'
    """
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory was asked for in vain, of this process or of a device."""
    is_torch_s = isinstance(error, RuntimeError) and "allocate memory" in str(error)
    return is_torch_s or isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def unknown_name(kind: str, name: str, existing: Iterable[str]) -> UserError:
    """Return the error for a name that does not exist: with the closest names, or a short list of all.

    Args:
        kind: what the name should be a name of, e.g. "dataset".
        name: what the user wrote.
        existing: the names to choose from.

    Example:
        >>> print(unknown_name("distance", "l3", ["l1", "l2", "cosine"]))
        there is no distance 'l3': did you mean l2 or l1? there are cosine, l1, l2
    """
    names = sorted(existing)
    section = name[: name.rfind(".") + 1]  # of `sharing.strength`, `sharing.`: the other options are not meant
    beside = [other for other in names if other.startswith(section)]
    # What all begin with would make any two of them alike.
    close = _close_names(name, beside, len(section)) if beside else _close_names(name, names)
    hints = [f"did you mean {' or '.join(close)}?"] if close else []
    if not close or len(names) <= MAX_LISTED:
        hints.append(f"there are {', '.join(names if close or not beside else beside)}")
    return UserError(f"there is no {kind} {name!r}: {' '.join(hints)}")


def _close_names(name: str, names: Sequence[str], shared: int = 0) -> list[str]:
    """Return up to three of `names` that `name` may be meant for, the closest first, by what follows `shared` signs."""
    likeness = {other: SequenceMatcher(None, other[shared:], name[shared:]).ratio() for other in names}
    ranked = sorted(names, key=lambda other: (likeness[other], other), reverse=True)[:3]
    return [other for other in ranked if likeness[other] >= max(MIN_LIKENESS, likeness[ranked[0]] - MAX_LAG)]


def check_int(name: str, value: object, minimum: int = 1) -> int:
    """Return `value`, which must be an `int` >= `minimum`; a float such as 2.0 is refused.

    Args:
        name: the option, as the user writes it.
        value: what the user set it to.
        minimum: the smallest allowed integer.

    Raises:
        UserError: if `value` is no integer (`True` is none), or too small.

    Example:
        >>> check_int("suite.seeds", 5)
        5
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= minimum:
        return value
    raise UserError(f"{name} must be an integer >= {minimum}, got {value!r}")


def as_int(name: str, value: object, minimum: int = 1) -> int:
    """Return `value` as an `int`; as `check_int`, but 2.0 counts as 2.

    Example:
        >>> as_int("dataset.n_train", 300.0)
        300
    """
    return check_int(name, int(value) if isinstance(value, float) and value.is_integer() else value, minimum)


def check_range(name: str, value: object, interval: str) -> float:
    """Return `value`, which must be a number in `interval`; NaN is in none.

    Args:
        name: the option, as the user writes it.
        value: what the user set it to.
        interval: as in mathematics, e.g. "[0, 1)", "(0, inf)". "[1, inf] integers" admits integers and infinity.

    Raises:
        UserError: if `value` is no number, or outside the interval.

    Example:
        >>> check_range("regularizer.dropout.strength", 1.5, "[0, 1)")
        Traceback (most recent call last):
            ...
        sharegap.errors.UserError: regularizer.dropout.strength must be in [0, 1), got 1.5
    """
    match = re.fullmatch(r"(?P<bounds>([\[(])(\S+), (\S+)([\])]))(?P<integers> integers)?", interval)
    if match is None:
        raise ValueError(f"not an interval: {interval!r}")
    opening, low, high, closing = match.group(2, 3, 4, 5)
    if isinstance(value, int | float) and not isinstance(value, bool):
        above = value >= float(low) if opening == "[" else value > float(low)
        below = value <= float(high) if closing == "]" else value < float(high)
        is_integer = math.isinf(value) or value % 1 == 0
        if above and below and (is_integer or not match["integers"]):
            return value
    condition = "an integer in" if match["integers"] else "in"
    raise UserError(f"{name} must be {condition} {match['bounds']}, got {value!r}")
