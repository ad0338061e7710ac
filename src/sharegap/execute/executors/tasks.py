"""Several tasks of one `srun`: the first leads, the others help it."""

import os

from omegaconf import DictConfig

from sharegap.execute.hardware import is_one_process


def srun_tasks() -> int:
    """Return how many tasks run this command; 1 where no `srun` has started it."""
    return int(os.environ.get("SLURM_STEP_NUM_TASKS", 1))


def srun_step() -> str:
    """Return a name of the `srun` that has started this process, the same in all of its tasks."""
    return f"{os.environ.get('SLURM_JOB_ID')}.{os.environ.get('SLURM_STEP_ID')}"


def is_helper(trainer: DictConfig) -> bool:
    """Return whether this process is a task that helps the first one.

    Args:
        trainer: the options of Lightning's Trainer; where these split one fleet over the tasks, none helps.
    """
    return srun_tasks() > 1 and os.environ.get("SLURM_PROCID", "0") != "0" and is_one_process(trainer)
