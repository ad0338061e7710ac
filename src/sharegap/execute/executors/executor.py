"""The interface of an executor."""

from collections.abc import Callable
from typing import Protocol

from omegaconf import DictConfig

from sharegap.execute.worker import Job

Watch = Callable[[], int]
"""Shows what is going on, and returns how many fleets are left to train."""
MAX_LOSSES = 3
"""Of each worker, without a fleet that ends in between."""


class Executor(Protocol):
    """Starts workers."""

    trains_here: bool
    """Whether on this machine: its hardware is then checked, and some fleets are timed before all are trained."""

    def count_workers(self, trainer: DictConfig, fleets: int, seconds: float) -> int:
        """Return how many workers there will be.

        Args:
            trainer: the options of Lightning's Trainer.
            fleets: how many could be trained at the same time.
            seconds: about how long all of them take, one after the other.

        Raises:
            UserError: where there can be none.
        """

    def run(self, job: Job, watch: Watch, say: Callable[[str], None]) -> None:
        """Keep workers at a job until nothing is left.

        Args:
            job: for the workers.
            watch: to be called about twice a second.
            say: takes one line, e.g. which worker was lost and why.

        Raises:
            UserError: where no worker can be kept.
        """
