"""One run: `python -m sharegap dataset=mnist1d model=local1d sharing=soft sharing.strength=0.01 seed=3`."""

from typing import Any

import polars as pl
from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands.data_summary import describe_data
from sharegap.commands.run_table import show
from sharegap.execute.build import check
from sharegap.execute.runner import is_rank_zero, open_runner
from sharegap.plan.run import Run
from sharegap.results.wide import value_of


def run_one(config: DictConfig) -> dict[str, Any]:
    """The row of the run that `config` describes, trained now unless it is stored already."""
    run = Run.of(config)
    check(run)
    with open_runner(config) as runner:
        describe_data([run])
        runner.complete([run])
        return runner.store.runs().row(by_predicate=pl.col("run") == run.id, named=True)


def main(config: DictConfig) -> float | None:
    """Trains one run, prints its figures and returns its validation score: a sweeper must not see the test."""
    row = run_one(config)
    if is_rank_zero():
        show(row, Console())
    return value_of(row, snapshot=row["scored_at"], split="validation", metric="score")
