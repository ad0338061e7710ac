"""A suite from its plan to its leaderboard: `sharegap bench suite=default out=outputs`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands.program import run_program
from sharegap.errors import unknown_name
from sharegap.plan.environment import check_environment
from sharegap.plan.suite import Plan, compose_suite

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
    suite = compose_suite(config.suite, config.trainer.precision)
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
        scores = {} if config.fresh else validation_scores(runner.store.runs())
        if is_rank_zero():
            console.print(_announce(suite.plan(scores), scores))
        to_come = 1
        while to_come:
            plan = suite.plan(scores)
            to_come = plan.to_come
            missing = [run for name, run in plan.runs.items() if name not in scores]
            prepared = prepare_runs(runner.store, missing, config.fresh, runner.trained)
            if is_rank_zero():  # a plan that cannot be trained must not replace one that was
                runner.store.write_plan(plan.table, plan.facts)
            rows = runner.train(prepared, _labels(plan), to_come)
            scores |= validation_scores(pl.DataFrame(rows, schema=RUNS))
        if is_rank_zero():
            runner.measure_anchors(plan.anchors.values(), config.fresh)
            folder = Path(config.out) / "leaderboard"
            report = leaderboard.write(runner.store, config.suite.name, folder)
            leaderboard.show(report, console)
            console.print(f"{folder / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
            runner.tracker.log_leaderboard(config.suite.name, report.leaderboard)


def _announce(plan: Plan, scores: Mapping[str, float]) -> str:
    """Say how many runs there are in all, and what is not known of them yet."""
    stored = sum(run in scores for run in plan.runs)
    counts = f"{len(plan.runs) + plan.to_come:,} runs in all, {stored:,} of them stored."
    if plan.to_come:
        return f"About {counts} Validation scores decide the settings of about {plan.to_come:,} of them."
    return counts if stored < len(plan.runs) else f"All {stored:,} runs are stored: nothing is left to train."


def _labels(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """By a run's id, all rows of the plan that it stands for."""
    labels: dict[str, list[dict[str, Any]]] = {}
    for row in plan.table.to_dicts():
        labels.setdefault(row["run"], []).append(row)
    return labels
