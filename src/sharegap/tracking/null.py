"""No tracking."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from sharegap.tracking.tracker import RunLabels


class NullTracker:
    """A tracker that logs nothing."""

    seconds = 0.0
    reachable = True
    sent = 0

    def __init__(self, folder: Path) -> None: ...

    def log_runs(self, runs: pl.DataFrame, labels: Mapping[str, Sequence[RunLabels]]) -> None: ...

    def log_leaderboard(self, suite: str, table: pl.DataFrame, *, page: Path) -> None: ...
