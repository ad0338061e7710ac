"""Which runs were logged, as the output folder remembers it from one command to the next."""

import warnings
from functools import cached_property
from pathlib import Path

import polars as pl

from sharegap.results.schema import RUNS
from sharegap.results.stored_file import DamagedError, read_table, write_table

KEY = ("run", "train_seconds")
"""The time tells a run that was trained again from what was logged of it before."""
MARKS = {name: RUNS[name] for name in KEY}


class Marks:
    """The marks of logged runs. One process at a time may change them.

    Args:
        path: the file that keeps them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def unmarked(self, runs: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without a mark.

        Args:
            runs: in the columns of RUNS.
        """
        keys = runs.select(KEY).rows()
        return runs.filter(pl.Series([key not in self._marked for key in keys], dtype=pl.Boolean()))

    def add(self, runs: pl.DataFrame) -> None:
        """Mark runs.

        Args:
            runs: in the columns of RUNS.

        Raises:
            OSError: where that cannot be stored.
        """
        if not runs.is_empty():
            self._marked.update(runs.select(KEY).rows())
            write_table(pl.DataFrame(sorted(self._marked), schema=MARKS, orient="row"), self.path)

    @cached_property
    def _marked(self) -> set[tuple[str, float]]:
        """All marks, by what KEY names: read once."""
        if not self.path.exists():
            return set()
        try:
            return set(read_table(self.path, MARKS).rows())
        except DamagedError as damage:
            warnings.warn(f"{damage}: all runs are logged again", stacklevel=2)
            return set()
