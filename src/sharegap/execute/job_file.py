"""What the leading process leaves for workers that it has not started: its job, and the word that it is there."""

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import SoftFileLease, Timeout

from sharegap.atomic import write_atomic
from sharegap.errors import UserError
from sharegap.execute.executors.tasks import srun_step, srun_tasks
from sharegap.execute.status import unique_name
from sharegap.execute.worker import LOOK_AGAIN, Job, serve, work_folder

LEADER_WAITS = 60.0
"""Seconds: a process of another host that has led and is gone is known to be gone after half of it."""


class JobFile:
    """The job of the process that leads in an output folder.

    Args:
        out: the output folder.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = work_folder(out) / "job.pickle"

    def write(self, job: Job) -> None:
        """Leave a job for workers to come."""
        write_atomic(self.path, pickle.dumps((srun_step(), job)))

    def remove(self) -> None:
        """Take the job back: nothing of it is left to train."""
        self.path.unlink(missing_ok=True)

    def read(self, step: str | None = None) -> Job | None:
        """Return the job, if there is one: in the folder as it is called here, which may be another host.

        Args:
            step: of `srun`, where only a job counts that its first task has left.

        Raises:
            UserError: for one of another version of sharegap.
        """
        try:
            writer, job = pickle.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, EOFError) as error:
            raise UserError(f"{self.path} is of another version of sharegap: start the same command again") from error
        assert isinstance(job, Job)
        return replace(job, out=self.out) if step in (None, writer) else None

    def written(self) -> int:
        """Return when the job was written, in nanoseconds since 1970; 0 where there is none."""
        with suppress(FileNotFoundError):
            return self.path.stat().st_mtime_ns
        return 0

    @contextmanager
    def lead(self) -> Iterator[None]:
        """Be the leading process: `with job_file.lead(): ...`."""
        self.out.mkdir(parents=True, exist_ok=True)
        with SoftFileLease(self.out / ".leader", timeout=LEADER_WAITS):
            if srun_tasks() > 1:
                self._step.write_text(srun_step())
            yield

    def was_led_by(self, step: str | None) -> bool:
        """Return whether the first task of a step of `srun` leads, or has led last."""
        with suppress(FileNotFoundError):
            return self._step.read_text() == step
        return False

    @property
    def _step(self) -> Path:
        return self.out / ".step"

    def is_led(self) -> bool:
        """Return whether there is a leading process."""
        if not self.out.exists():  # a lease would make the folder
            return False
        try:
            with SoftFileLease(self.out / ".leader", timeout=0):
                return False
        except Timeout:
            return True


def help_leader(out: Path, say: Callable[[str], None], *, patience: float = 0.0, step: str | None = None) -> bool:
    """Be a worker for the process that leads in an output folder until that ends; return False where there is none.

    Where it has ended and left a job, that is trained.

    Args:
        out: the output folder. Its job is a pickle: only for folders that you trust.
        say: takes one line for each fleet.
        patience: seconds to wait for that process to appear.
        step: of `srun`, where that process must be its first task: an earlier command may have left a job.
    """
    job_file, served, was_led = JobFile(out), 0, False
    give_up = time.monotonic() + patience
    while True:
        written = job_file.written()
        if written != served and (job := job_file.read(step)):
            served = written
            serve(job, unique_name(), say)
        elif job_file.is_led():
            was_led = True
        elif served or was_led or job_file.was_led_by(step):
            return True
        elif time.monotonic() >= give_up:
            return False
        time.sleep(LOOK_AGAIN)
