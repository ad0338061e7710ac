"""The finished runs of an output folder, read as they are stored."""

import json
from collections.abc import Iterator
from contextlib import suppress

import polars as pl

from sharegap.results.provenance import CODE_KEY
from sharegap.results.schema import RUNS, VERSION
from sharegap.results.selection import validation_scores
from sharegap.results.store import Store
from sharegap.results.stored_file import VERSION_KEY, DamagedError, read_metadata, read_table


class FinishedRuns:
    """The finished runs and their scores, while other processes store more.

    Every part is read once. One that cannot be read is left out without a word: `Store.runs` says what is wrong.

    Args:
        store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.scores: dict[str, float] = {}
        """By finished run, its validation score; higher is better."""
        self._parts: set[str] = set()

    def update(self) -> list[pl.DataFrame]:
        """Take in what was stored since the last call, and return it.

        Returns:
            One table for each fleet, in the columns of RUNS, and `commit`: the last one of the code that trained it,
            null outside a checkout.
        """
        fleets = list(self._new_parts())
        if fleets:
            self.add(pl.concat(fleets))
        return fleets

    def add(self, rows: pl.DataFrame) -> None:
        """Take in finished runs, in the columns of RUNS."""
        self.scores |= validation_scores(rows.unique("run", keep="first", maintain_order=True))

    def _new_parts(self) -> Iterator[pl.DataFrame]:
        for path in sorted(self.store.parts.glob("*.parquet")):
            if path.name in self._parts:
                continue
            self._parts.add(path.name)
            with suppress(DamagedError):
                metadata = read_metadata(path) or {}
                if metadata.get(VERSION_KEY) == str(VERSION):
                    commit = json.loads(metadata.get(CODE_KEY, "{}")).get("commit")
                    yield read_table(path, RUNS).with_columns(commit=pl.lit(commit, pl.String))
