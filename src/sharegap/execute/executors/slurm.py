"""Workers as tasks of a Slurm job array."""

import shutil
import time
from collections.abc import Callable, Mapping

from omegaconf import DictConfig

from sharegap.errors import UserError, check_int
from sharegap.execute.executors.executor import Losses, Watch
from sharegap.execute.executors.slurm_array import OURS, SlurmArray
from sharegap.execute.worker import Job

WATCH_SECONDS, ASK_SECONDS = 1.0, 5.0
"""Between two looks at the output folder, and two questions to Slurm."""
PATIENCE = 30.0
"""Seconds after which it is said why no task runs."""


class Slurm:
    """Workers as tasks of a Slurm job array.

    They outlive the command that has submitted them, and the same command finds them again. The output folder must be
    on a file system that all nodes share. A task that is preempted, runs out of time or loses its node ends with a
    checkpoint, or leaves its last one, and is queued again.

    Args:
        workers: how many tasks.
        options: of `sbatch`, by their long names, e.g. {"partition": "gpu", "time": "4:00:00", "gres": "gpu:1"}; True
            stands for one without a value.

    Raises:
        UserError: for fewer than one worker, and an option that is not the user's to set.
    """

    trains_here = False

    def __init__(self, workers: int, options: Mapping[str, object] | None = None) -> None:
        self.workers = check_int("executor.workers", workers)
        self.options = dict(options or {})
        for name in self.options:
            if name in OURS:
                raise UserError(f"executor.options must be without {name}, by which the tasks are found again")

    def count_workers(self, trainer: DictConfig, fleets: int, seconds: float) -> int:
        """Return how many tasks there will be: no more than fleets."""
        return min(self.workers, fleets)

    def run(self, job: Job, watch: Watch, say: Callable[[str], None]) -> None:
        """Keep tasks in Slurm's queue until nothing is left, then cancel those that wait; the others end with us."""
        if shutil.which("sbatch") is None:
            raise UserError("executor=slurm needs Slurm, and there is no sbatch here: start it on a login node")
        job.folder.mkdir(parents=True, exist_ok=True)
        array = SlurmArray(job, self.options)
        tasks = _Tasks(array, job.workers, say)
        tasks.submit()
        try:
            while left := watch():
                tasks.look(left)
                time.sleep(WATCH_SECONDS)
        except SystemExit:
            say(f"the tasks go on without this command: `scancel --me --name={array.name}` ends them")
            raise
        except UserError:
            array.cancel_waiting()
            raise
        array.cancel_waiting()


class _Tasks:
    """The tasks that are to be in Slurm's queue: each that is lost is replaced.

    Args:
        array: where they are submitted.
        workers: how many there should be.
        say: takes one line.
    """

    def __init__(self, array: SlurmArray, workers: int, say: Callable[[str], None]) -> None:
        self.array, self.workers, self.say = array, workers, say
        self.known = array.states()
        if self.known:
            say(f"{len(self.known)} tasks of an earlier command are in Slurm's queue, with the options that it had")
        self.losses = Losses(workers)
        self.ask_at = time.monotonic() + ASK_SECONDS
        self.explain_at = time.monotonic() + PATIENCE
        self.trouble = ""

    def submit(self) -> None:
        """Add the tasks that are missing."""
        if len(self.known) < self.workers:
            self.array.submit(self.workers - len(self.known))
            self.known = self.array.states()

    def look(self, left: int) -> None:
        """Ask Slurm now and then what has become of the tasks.

        Args:
            left: how many fleets are left to train.

        Raises:
            UserError: where tasks are lost again and again.
        """
        self.losses.watch(left)
        if time.monotonic() < self.ask_at:
            return
        self.ask_at = time.monotonic() + ASK_SECONDS
        lost: list[str] = []
        try:
            lost = self._replace_lost()
            self.trouble = ""
        except UserError as error:  # Slurm's controller may be restarted at any time: the tasks live on
            if str(error) != self.trouble:
                self.say(f"{error}; asking again")
            self.trouble = str(error)
        for sentence in lost:
            self.losses.add(sentence)
        self._explain()

    def _replace_lost(self) -> list[str]:
        """Submit a task for each that is gone, and return what has become of those."""
        states = self.array.states()
        lost = [f"task {task} {self.array.end_of(task)}" for task in self.known.keys() - states.keys()]
        for sentence in lost:
            self.say(f"{sentence}: a new one takes its place")
        self.known = states
        self.submit()
        return lost

    def _explain(self) -> None:
        """Say once why no task runs, where none does for a while."""
        if any(text.startswith("RUNNING") for text in self.known.values()):
            self.explain_at = time.monotonic() + PATIENCE
        elif time.monotonic() >= self.explain_at:
            reasons = {text.partition(" ")[2] for text in self.known.values()}
            self.say(f"no task runs, and Slurm's reason is {', '.join(sorted(reasons))}")
            self.explain_at = float("inf")
