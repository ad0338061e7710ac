"""The one kind of error that a user is meant to read, and what raises it most."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """A mistake that the user can mend; the message is one sentence that says how, on one line, whatever it cites."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the near misses first."""
    known = sorted(known)
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UserError(f"there is no {kind} {name!r}: {hint}there are {', '.join(known)}")


def check_int(name: str, value: object, least: int = 1) -> int:
    """`value` as given; raises UserError, which calls it `name`, where it is no int or below `least`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise UserError(f"{name} must be an integer >= {least}, got {value!r}")


def as_int(name: str, value: object, least: int = 1) -> int:
    """As `check_int`, but takes 2.0 for 2."""
    return check_int(name, int(value) if isinstance(value, float) and value.is_integer() else value, least)
