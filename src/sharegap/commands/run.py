"""One run: `sharegap run dataset=mnist1d model=local1d sharing=soft sharing.strength=0.01 seed=3`."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands.program import run_program
from sharegap.plan.environment import check_environment
from sharegap.plan.run import Run
from sharegap.results.wide import value_of


def start(arguments: Sequence[str]) -> None:
    """Train one run, or many with -m."""
    run_program(main, "config", arguments)


def main(config: DictConfig) -> float | None:
    """Train one run, print its measurements and return its validation score: a sweeper must not see the test.

    A job of a sweep prints nothing: the sweep ends with a summary of all its jobs.
    """
    row, is_stored = run_one(config)
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.commands.run_table import show
    from sharegap.execute.hardware import is_rank_zero

    if is_rank_zero() and HydraConfig.get().mode is RunMode.RUN:
        show(row, Console(), is_stored=is_stored)
    return value_of(row, snapshot=row["scored_at"], split="validation", metric="score")


def run_one(config: DictConfig) -> tuple[dict[str, Any], bool]:
    """Return the row of the run that `config` describes, and whether it was stored: else it is trained now."""
    check_environment(config)
    run = Run.of(config)
    from sharegap.execute.prepare import prepare_runs
    from sharegap.execute.runner import open_runner

    with open_runner(config) as runner:
        stored = runner.store.runs().filter(pl.col("run") == run.id)
        if not config.fresh and not stored.is_empty():
            return stored.row(0, named=True), True
        (row,) = runner.train(prepare_runs(runner.store, [run], config.fresh))
        return row, False
