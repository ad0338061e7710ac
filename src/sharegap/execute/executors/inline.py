"""One worker in place: this process."""

from collections.abc import Callable

from omegaconf import DictConfig

from sharegap.execute.executors.executor import Watch
from sharegap.execute.worker import Job, train_all


class Inline:
    """Trains in this process.

    Args:
        workers: how many processes train in all, those that come to help included.
    """

    trains_here = True

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers

    def count_workers(self, trainer: DictConfig, fleets: int, seconds: float) -> int:
        """Return how many there are, whatever would pay."""
        return self.workers

    def run(self, job: Job, watch: Watch, say: Callable[[str], None]) -> None:
        """Train all fleets, one after the other."""
        train_all(job, "here", watch)
