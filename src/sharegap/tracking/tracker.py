"""What every tracker does."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl

RunLabels = Mapping[str, Any]
"""What a run stands for: a row of its suite's plan."""


class Tracker(Protocol):
    """Whom finished runs and the leaderboard are told to; a run takes about `seconds`."""

    seconds: float

    def log_runs(self, rows: Sequence[tuple[Mapping[str, Any], Sequence[RunLabels]]]) -> None: ...
    def log_leaderboard(self, suite: str, table: pl.DataFrame) -> None: ...
