"""What was sent to a program, as the output folder remembers it from one command to the next."""

import warnings
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import polars as pl

from sharegap.results.stored_file import DamagedError, read_table, write_table

MARKS: dict[str, pl.DataType] = {"item": pl.String(), "version": pl.String()}

Mark = tuple[str, str]
"""The id of what was sent, e.g. of a run, and its version: a run that was trained again is sent again."""


class Marks:
    """The marks of what was sent. One process at a time may change them.

    Args:
        path: the file that keeps them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __contains__(self, mark: Mark) -> bool:
        return mark in self._marks

    def add(self, marks: Iterable[Mark]) -> None:
        """Add marks.

        Raises:
            OSError: where they cannot be stored.
        """
        new = set(marks) - self._marks
        if new:
            self._marks.update(new)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_table(pl.DataFrame(sorted(self._marks), schema=MARKS, orient="row"), self.path)

    @cached_property
    def _marks(self) -> set[Mark]:
        """All marks: read once."""
        if not self.path.exists():
            return set()
        try:
            return set(read_table(self.path, MARKS).rows())
        except DamagedError as damage:
            warnings.warn(f"{damage}: all runs are logged again", stacklevel=2)
            return set()
