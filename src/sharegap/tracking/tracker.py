"""The interface of a tracker."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import polars as pl

RunLabels = Mapping[str, Any]
"""What a run stands for: a row of its suite's plan, with facts of its method, as `labels_by_run` returns it."""


class Tracker(Protocol):
    """A view of the store in another program: it logs finished runs and leaderboards, and stores nothing itself."""

    seconds: float
    """About how long logging one run takes, for the estimate of the suite's time."""
    reachable: bool
    """Whether it still logs: else it has said why not."""
    sent: int
    """How many runs and leaderboards this tracker has logged."""

    def log_runs(self, runs: pl.DataFrame, labels: Mapping[str, Sequence[RunLabels]]) -> None:
        """Log finished runs; those that were logged before, by whatever command, are left out.

        Args:
            runs: stored rows, in the columns of RUNS.
            labels: by run, the rows of the plan that it stands for; none of runs outside suites.
        """

    def log_leaderboard(self, suite: str, table: pl.DataFrame, *, page: Path) -> None:
        """Log the leaderboard of a suite.

        Args:
            suite: the name of the suite.
            table: one row per study and method, as `leaderboard.csv` has them.
            page: the file of its page with all pictures, which may be missing.
        """
