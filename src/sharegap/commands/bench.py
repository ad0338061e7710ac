"""A suite from its plan to its leaderboard: `sharegap bench suite=default out=outputs`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands.program import run_program
from sharegap.errors import unknown_name
from sharegap.plan.environment import check_environment
from sharegap.plan.suite import Plan, plan_suite

OPTIONS = ("suite", "out", "fresh", "trainer", "logger")
"""What a suite's command may say; what holds for every run stands in `suite.overrides`."""


def start(arguments: Sequence[str]) -> None:
    """Train a suite and write its leaderboard."""
    run_program(main, "bench", arguments)


def main(config: DictConfig) -> None:
    """Finish the suite's runs and write its leaderboard to the folder `leaderboard` in `out`."""
    for name in map(str, config):
        if name not in OPTIONS:
            raise unknown_name("option", name, OPTIONS)
    check_environment(config)
    plan_suite(config.suite, config.trainer.precision)
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap import leaderboard
    from sharegap.execute.hardware import is_rank_zero
    from sharegap.execute.prepare import prepare_runs
    from sharegap.execute.runner import open_runner
    from sharegap.results.schema import RUNS
    from sharegap.results.selection import validation_scores

    with open_runner(config) as runner:
        console = Console()
        # Kept here, as other processes of one training may not see yet what the first has stored.
        scores = validation_scores(runner.store.runs())
        fresh, to_come = config.fresh, 1
        while to_come:
            plan = plan_suite(config.suite, config.trainer.precision, scores)
            prepared = prepare_runs(runner.store, plan.runs.values(), fresh)
            if is_rank_zero():  # a plan that cannot be trained must not replace one that was
                runner.store.write_plan(plan.table, plan.facts)
            fresh, to_come = False, plan.to_come
            if to_come and is_rank_zero():
                console.print(f"Settings are tuned first. About {to_come:,} runs follow, with the best of them.")
            rows = runner.train(prepared, _labels(plan))
            scores |= validation_scores(pl.DataFrame(rows, schema=RUNS))
        if is_rank_zero():
            runner.measure_anchors(plan.anchors.values(), config.fresh)
            folder = Path(config.out) / "leaderboard"
            report = leaderboard.write(runner.store, config.suite.name, folder)
            leaderboard.show(report, console)
            console.print(f"{folder / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
            runner.tracker.log_leaderboard(config.suite.name, report.leaderboard)


def _labels(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """By a run's id, all rows of the plan that it stands for."""
    labels: dict[str, list[dict[str, Any]]] = {}
    for row in plan.table.to_dicts():
        labels.setdefault(row["run"], []).append(row)
    return labels
