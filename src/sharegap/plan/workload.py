"""What a command trains, as far as it is known: it grows with the scores of finished runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sharegap.plan.run import Run


class Planned(Protocol):
    """What is to be trained by now."""

    @property
    def runs(self) -> Mapping[str, Run]:
        """The runs by their ids."""

    @property
    def to_come(self) -> int:
        """How many runs follow that the scores of these will decide, at most."""

    @property
    def labels(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """By a run's id, the rows of a suite's plan that it stands for."""


PlannedT = TypeVar("PlannedT", bound=Planned)
PlannedT_co = TypeVar("PlannedT_co", bound=Planned, covariant=True)


class Workload(Protocol[PlannedT_co]):
    """A suite, or the runs of a sweep. It can be pickled."""

    def plan(self, scores: Mapping[str, float]) -> PlannedT_co:
        """Return what is to be trained.

        Args:
            scores: by finished run, its validation score; higher is better.
        """


class RunList:
    """Runs that are all known beforehand.

    Args:
        runs: to be trained.
    """

    to_come = 0

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = {run.id: run for run in runs}
        self.labels: dict[str, list[dict[str, Any]]] = {}

    def plan(self, scores: Mapping[str, float]) -> "RunList":
        """Return all of them, whatever the scores."""
        return self
