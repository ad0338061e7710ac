"""What the trackers have in common: each run is sent once, to a program that may refuse it or be out of reach."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.errors import UserError, unknown_name
from sharegap.tracking.marks import Mark, Marks
from sharegap.tracking.tracker import RunLabels
from sharegap.tracking.view import RunView, run_views

CHOICES = ("chosen", "all")


class RefusedError(Exception):
    """The program does not take one item; it may take the next.

    Args:
        sentence: what is refused and why.
        kind: the same for all items that are refused for this reason.
        is_final: whether it would be in vain to try again.
    """

    def __init__(self, sentence: str, kind: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.kind, self.is_final = kind, is_final


class UnreachableError(Exception):
    """The program takes nothing; the message says why."""


class Sender(ABC):
    """A tracker that sends what has no mark, and marks it.

    Where the program is out of reach, it warns once and sends nothing more: a report stops no training, and the results
    are stored already. The next command sends them.

    Args:
        folder: the output folder.
        destination: the name of the file of marks.
        runs: `chosen`: those that the leaderboard shows, on fresh seeds at the chosen setting; `all`: those of the
            tuning too. A run outside suites is always sent.

    Raises:
        UserError: for other `runs`.
    """

    def __init__(self, folder: Path, destination: str, runs: str) -> None:
        if runs not in CHOICES:
            raise UserError(f"logger.runs: {unknown_name('choice', str(runs), CHOICES)}")
        self.folder, self.runs = folder, runs
        self.marks = Marks(folder / "logged" / f"{destination}.parquet")
        self.reachable, self.sent = True, 0
        self._refused: set[Mark] = set()  # only the next command tries these again: W&B's process holds their ids
        self._warned: set[str] = set()

    def log_runs(self, runs: pl.DataFrame, labels: Mapping[str, Sequence[RunLabels]]) -> None:
        """Send each run that has no mark.

        Args:
            runs: stored rows, in the columns of RUNS.
            labels: by run, what it stands for.
        """
        due = []
        for run, seconds in runs.select("run", "train_seconds").rows():
            is_chosen = self.runs == "all" or _is_chosen(labels.get(run, []))
            is_new = _mark(run, seconds) not in self.marks and _mark(run, seconds) not in self._refused
            due.append(self.reachable and is_chosen and is_new)
        views = run_views(runs.filter(pl.Series(due, dtype=pl.Boolean)), labels)
        self._send(((_mark(view.config["run"], view.summary["train_seconds"]), view) for view in views), self.send_run)

    @abstractmethod
    def send_run(self, view: RunView) -> None:
        """Send one run.

        Raises:
            RefusedError: where the program does not take it.
            UnreachableError: where it takes nothing.
        """

    def give_up(self, sentence: str) -> None:
        """Warn, and send nothing more."""
        self.reachable = False
        warnings.warn(f"{sentence}, and the results are in {self.folder}", stacklevel=3)

    def _send(self, items: Iterable[tuple[Mark, Any]], send: Callable[[Any], None]) -> None:
        """Send items by their marks, and mark what has arrived."""
        done = []
        try:
            for mark, item in items:
                try:
                    send(item)
                    self.sent += 1
                except RefusedError as refusal:
                    self._warn_once(refusal)
                    if not refusal.is_final:
                        self._refused.add(mark)
                        continue
                done.append(mark)
        except UnreachableError as error:
            self.give_up(str(error))
        finally:  # a signal may end this process here
            self.marks.add(done)

    def _warn_once(self, refusal: RefusedError) -> None:
        if refusal.kind not in self._warned:
            self._warned.add(refusal.kind)
            warnings.warn(str(refusal), stacklevel=3)


def _mark(run: str, train_seconds: float) -> Mark:
    """The time tells a run that was trained again from what was sent of it before."""
    return run, repr(train_seconds)


def _is_chosen(labels: Sequence[RunLabels]) -> bool:
    return not labels or any(label["phase"] == "measure" for label in labels)
