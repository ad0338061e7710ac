"""The interface of an executor."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from omegaconf import DictConfig

from sharegap.errors import UserError
from sharegap.execute.worker import Job

Watch = Callable[[], int]
"""Shows what is going on, and returns how many fleets are left to train."""
STOP_SECONDS = 30.0
"""After which a worker that was asked to end is killed."""
MAX_LOSSES = 3
"""Of each worker, without a fleet that ends in between."""


def print_to(log: Path) -> None:
    """Have all that this process prints from now on added to a log."""
    with log.open("a") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())


class Losses:
    """Counts how often workers were lost since a fleet has ended.

    Args:
        workers: how many there are.
    """

    def __init__(self, workers: int) -> None:
        self.limit, self.count, self.left = MAX_LOSSES * workers, 0, 0

    def watch(self, left: int) -> None:
        """Begin to count anew where another number of fleets is left than before."""
        if left != self.left:
            self.count, self.left = 0, left

    def add(self, reason: str) -> None:
        """Count one loss.

        Raises:
            UserError: where that is one too many.
        """
        self.count += 1
        if self.count > self.limit:
            raise UserError(f"workers are lost again and again, the last time because {reason}")


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
