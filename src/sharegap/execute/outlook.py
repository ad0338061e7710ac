"""How far a workload is, as anyone can tell from its output folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sharegap.execute.checkpoints import steps_left
from sharegap.execute.queue import Queue, QueuedFleet
from sharegap.execute.status import Status, read_statuses
from sharegap.results import Store


@dataclass(frozen=True)
class View:
    """How far a workload is.

    Args:
        done: how many of its runs are stored.
        planned: how many there are by now.
        to_come: how many follow that the scores of these will decide, at most.
        fleets: those that are left.
        statuses: what each worker is doing.
        seconds: about how long one worker would need for these fleets; None where no fleet's time is known.
    """

    done: int
    planned: int
    to_come: int
    fleets: Sequence[QueuedFleet]
    statuses: Sequence[Status]
    seconds: float | None

    @property
    def seconds_in_all(self) -> float | None:
        """About how long one worker would need for all that is left: runs to come are taken to need the same each."""
        runs = sum(len(fleet.runs) for fleet in self.fleets)
        return self.seconds * (1 + self.to_come / runs) if self.seconds and runs else self.seconds


class Outlook:
    """Looks how far a workload is.

    Args:
        queue: its fleets.
        store: where its finished runs and checkpoints are.
        folder: where workers keep what they tell each other.
    """

    def __init__(self, queue: Queue, store: Store, folder: Path) -> None:
        self.queue, self.store, self.folder = queue, store, folder
        self._shares: dict[str, float] = {}

    def look(self) -> View:
        """Return how far it is by now."""
        fleets, statuses = self.queue.open_fleets(), read_statuses(self.folder)
        done_now = {status.fleet: status.share for status in statuses}
        seconds = 0.0
        for fleet in fleets:
            seconds += fleet.seconds * self._share_left(fleet) * (1 - done_now.get(fleet.name, 0.0))
        planned = self.queue.planned
        return View(
            done=sum(run in self.queue.scores for run in planned.runs),
            planned=len(planned.runs),
            to_come=planned.to_come,
            fleets=fleets,
            statuses=statuses,
            seconds=seconds if self.queue.rates else None,
        )

    def _share_left(self, fleet: QueuedFleet) -> float:
        """The share of a fleet's training that was left when it was first looked at, in [0, 1]."""
        if fleet.name not in self._shares:
            steps: int = fleet.runs[0].config["training"]["steps"]
            left = steps_left(fleet.runs, self.store.checkpoint(fleet.name), is_writer=False)
            self._shares[fleet.name] = left / steps
        return self._shares[fleet.name]
