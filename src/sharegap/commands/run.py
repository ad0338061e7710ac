"""One run: `sharegap run dataset=mnist1d model=local1d sharing=soft sharing.strength=0.01 seed=3`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands import work
from sharegap.commands.program import run_program
from sharegap.plan.environment import check_environment
from sharegap.plan.run import Run
from sharegap.plan.workload import RunList
from sharegap.results.wide import value_of


def start(arguments: Sequence[str]) -> None:
    """Train one run, or many with -m."""
    run_program(main, "config", arguments)


def main(config: DictConfig) -> float | None:
    """Train one run, print its measurements and return its validation score: a sweeper must not see the test.

    A job of a sweep prints nothing: the sweep ends with a summary of all its jobs.
    """
    check_environment(config)
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.commands.run_table import show
    from sharegap.execute.executors.tasks import is_helper
    from sharegap.execute.hardware import is_rank_zero

    if is_helper(config.trainer):
        work.help_task(Path(config.out))
        return None
    is_job = HydraConfig.get().mode is RunMode.MULTIRUN
    row, is_stored = run_one(config, is_job=is_job)
    if is_rank_zero() and not is_job:
        show(row, Console(), is_stored=is_stored)
    return value_of(row, snapshot=row["scored_at"], split="validation", metric="score")


def run_one(config: DictConfig, *, is_job: bool = False) -> tuple[dict[str, Any], bool]:
    """Return the row of the run that `config` describes, and whether it was stored: else it is trained now.

    Args:
        config: as composed.
        is_job: whether it is a job of a sweep, which has trained and logged all of its runs before.
    """
    check_environment(config)
    run = Run.of(config)
    from sharegap.execute.driver import open_driver

    with open_driver(config) as driver:
        stored = driver.store.runs().filter(pl.col("run") == run.id)
        is_stored = not config.fresh and not stored.is_empty()
        if is_stored and is_job:
            return stored.row(0, named=True), True
        driver.train(RunList([run]), fresh=config.fresh)  # a stored one may still have to be logged
        return driver.store.runs().row(by_predicate=pl.col("run") == run.id, named=True), is_stored
