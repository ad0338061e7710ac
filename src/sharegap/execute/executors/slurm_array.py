"""A Slurm job array: its tasks are submitted, asked after and cancelled."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from sharegap.errors import UserError
from sharegap.execute.worker import Job
from sharegap.plan.run import digest

WARNING = "USR1@120"
"""Sent to a task so many seconds before its time limit, and up to a minute earlier: it ends with a checkpoint."""
WARNED, TERMINATED = 138, 143
"""The exit codes of a worker that SIGUSR1 or SIGTERM has ended. `scancel` ends the script too."""
SCRIPT = """\
#!/bin/sh
export OMP_NUM_THREADS=${{SLURM_CPUS_PER_TASK:-1}}
srun --ntasks=1 ${{SLURM_CPUS_PER_TASK:+--cpus-per-task=$SLURM_CPUS_PER_TASK}} {command}
code=$?
# Slurm itself queues again what has lost its node, but neither what runs out of time nor what ends when preempted.
case $code in {warned} | {terminated}) scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" ;; esac
exit $code
"""
OURS = ("job-name", "array", "ntasks", "open-mode", "output")
"""The options of `sbatch` by which tasks and their logs are found again."""


class SlurmArray:
    """The tasks that train in one output folder, by whatever command they were submitted.

    Args:
        job: what they train.
        options: of `sbatch`.
    """

    def __init__(self, job: Job, options: Mapping[str, object]) -> None:
        self.out, self.folder, self.options = job.out.resolve(), job.folder.resolve(), options
        self.name = f"sharegap-{digest(str(self.out))}"

    def states(self) -> dict[str, str]:
        """Return by task that is in the queue what it does and why, e.g. {"12_1": "PENDING Priority"}."""
        lines = _ask("squeue", "--me", "--array", "--noheader", f"--name={self.name}", "--format=%i %T %r").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    def submit(self, tasks: int) -> None:
        """Add tasks to the queue."""
        log = self.folder / "slurm-%A_%a.log"
        options = {"signal": WARNING, **self.options, "job-name": self.name, "array": f"1-{tasks}", "ntasks": 1}
        options |= {"open-mode": "append", "output": log}
        words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()]
        command = shlex.join([sys.executable, "-m", "sharegap", "work", f"out={self.out}"])
        _ask("sbatch", "--requeue", *words, script=SCRIPT.format(command=command, warned=WARNED, terminated=TERMINATED))

    def cancel_waiting(self) -> None:
        """Take the tasks that have not begun out of the queue."""
        with suppress(UserError):
            _ask("scancel", "--me", f"--name={self.name}", "--state=PENDING")

    def end_of(self, task: str) -> str:
        """Say how a task has ended that is in the queue no more."""
        with suppress(UserError):
            for field in _ask("scontrol", "show", "job", task).split():
                name, _, value = field.partition("=")
                if name == "JobState":
                    return f"has ended as {value}, see {self.folder / f'slurm-{task}.log'}"
        return "is gone"


def _ask(*words: str, script: str | None = None) -> str:
    """Return what one of Slurm's commands prints.

    Raises:
        UserError: where it fails.
    """
    # Inside a job, variables of that job would count as options.
    outside = {name: value for name, value in os.environ.items() if name[:6] != "SLURM_" or name == "SLURM_CONF"}
    answer = subprocess.run(words, input=script, capture_output=True, text=True, env=outside)
    if answer.returncode:
        raise UserError(f"{words[0]} refuses: {answer.stderr.strip()}")
    return answer.stdout
