"""The one kind of error that a user is meant to read, and what raises it most."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """A mistake that the user can mend; the message is one sentence that says how, on one line, whatever it cites."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the near misses first."""
    known = sorted(known)
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UserError(f"there is no {kind} {name!r}: {hint}there are {', '.join(known)}")


def check_count(name: str, value: object, least: int = 1, as_is: bool = False) -> int:
    """`value` as given; raises UserError, which calls it `name`, where it is not a whole number from `least`.

    2.0 counts as 2, save `as_is`: for numbers that are used as they stand, and not as this function returns them.
    """
    kind = int if as_is else int | float
    if isinstance(value, kind) and not isinstance(value, bool) and float(value).is_integer() and value >= least:
        return int(value)
    raise UserError(f"{name} is {value!r}: it must be a whole number from {least}")
