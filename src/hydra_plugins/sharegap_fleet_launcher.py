"""A Hydra launcher that trains the jobs of a sweep as fleets."""
# Hydra scans plugins for classes and cannot read postponed annotations: no `from __future__ import annotations`.

from collections.abc import Sequence
from pathlib import Path

from hydra.core.utils import JobReturn, configure_log, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict


class FleetLauncher(Launcher):
    """Trains all jobs first, packed into fleets; then runs each job as usual.

    A job then finds its run stored and only reads it. So each job keeps its directory, its return value and its order,
    and every sweeper works on top. What the jobs have to say is printed once, at the end.
    """

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from rich.console import Console

        from sharegap.commands.sweep import run_many, show_sweep
        from sharegap.commands.work import help_task
        from sharegap.execute.executors.tasks import is_helper
        from sharegap.execute.lead import FailedError

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
        jobs = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            jobs.append(self._job_config(number, list(overrides)))
        if is_helper(self.config.trainer):
            help_task(Path(self.config.out))
            raise SystemExit
        try:
            run_many(jobs)
        except FailedError:
            show_sweep(jobs, Console())  # what is finished
            raise
        for job in jobs:
            job.fresh = False
        results = [self._run(job) for job in jobs]
        show_sweep(jobs, Console())
        return results

    def _job_config(self, number: int, overrides: list[str]) -> DictConfig:
        job = self.hydra_context.config_loader.load_sweep_config(self.config, overrides)
        with open_dict(job):
            job.hydra.job.id = str(number)
            job.hydra.job.num = number
        return job

    def _run(self, job: DictConfig) -> JobReturn:
        result = run_job(
            hydra_context=self.hydra_context,
            task_function=self.task_function,
            config=job,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        return result
