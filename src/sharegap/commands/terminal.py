"""Terminals that cannot show every sign, or are not there."""

import codecs
import os
import sys
import warnings
from io import TextIOWrapper

from sharegap.errors import printable

ASCII = {"—": "-", "–": "-", "−": "-", "±": "+-", "×": "x", "▲": "^", "▼": "v", "≤": "<=", "≥": ">=", "…": "..."}
ASCII |= {"─": "-", "━": "-", "λ": "lambda", "σ": "sigma", "ρ": "rho", "½": "1/2"}
"""What stands for a sign of ours; other letters, such as those of a user's column, are escaped."""


def open_closed_streams() -> None:
    """Let what is said to a closed stream be lost, else it would be said to the next file that is opened."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115


def show_in_ascii() -> None:
    """Let output that cannot be encoded be written in ASCII, where Python would raise at the end of a finished run."""
    codecs.register_error("sharegap", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="sharegap")


def warn_in_one_line() -> None:
    """Let warnings be said as errors are: in one line, without the place in the code."""
    warnings.formatwarning = lambda message, *_, **__: f"sharegap: {printable(str(message))}\n"


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    signs = [ASCII.get(sign, sign.encode("ascii", "backslashreplace").decode()) for sign in text]
    return "".join(signs), error.end
