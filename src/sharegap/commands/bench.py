"""A suite from its plan to its leaderboard: `sharegap bench suite=default out=outputs`."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from rich.console import Console

from sharegap.commands import work
from sharegap.commands.arguments import describe_command
from sharegap.commands.program import run_program
from sharegap.errors import UserError, unknown_name
from sharegap.plan.environment import EnvironmentOptions, check_environment
from sharegap.plan.suite import ComposedSuite, Plan, compose_suite
from sharegap.results import Store

if TYPE_CHECKING:
    from sharegap.execute.driver import Driver
    from sharegap.leaderboard.report import Report

OPTIONS = ("suite", *EnvironmentOptions.model_fields)
"""What a suite's command may say; what holds for every run stands in `suite.overrides`."""


PAGE_SHARE = 20
"""The page is written anew after this many times what writing it takes."""


def start(arguments: Sequence[str]) -> None:
    """Train a suite and write its leaderboard."""
    run_program(partial(main, command=describe_command("bench", arguments)), "bench", arguments)


def main(config: DictConfig, command: str) -> None:
    """Finish the suite's runs and write its leaderboard to the folder `leaderboard/SUITE` in `out`.

    Args:
        config: what the options say.
        command: what was typed, which is stored with the plan.
    """
    for name in map(str, config):
        if name not in OPTIONS:
            raise unknown_name("option", name, OPTIONS)
    check_environment(config)
    suite = compose_suite(config.suite, config.trainer.precision)
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.execute.driver import open_driver
    from sharegap.execute.executors.tasks import is_helper

    if is_helper(config.trainer):
        work.help_task(Path(config.out))
        return
    with open_driver(config) as driver:
        train_suite(driver, suite, command, fresh=config.fresh)


def train_suite(driver: "Driver", suite: ComposedSuite, command: str, *, fresh: bool) -> "Report | None":
    """Finish a suite's runs, write its leaderboard, print it, and return its report; None in all processes but one.

    Args:
        driver: of the output folder.
        suite: to train.
        command: what was typed, which is stored with the plan.
        fresh: whether to train again what is stored of it.

    Raises:
        FailedError: where fleets have failed, after what is finished is shown.
    """
    from sharegap.execute.hardware import is_rank_zero
    from sharegap.execute.lead import FailedError
    from sharegap.results.selection import validation_scores

    console, name = Console(), suite.facts["name"]
    if is_rank_zero():
        scores = {} if fresh else validation_scores(driver.store.runs())
        console.print(_announce(suite.plan(scores), scores))

    files = _SuiteFiles(driver.store, name, command)
    failure = report = None
    try:
        driver.train(suite, fresh=fresh, on_plan=files.keep_plan, on_progress=files.update)
    except FailedError as error:
        failure = error  # what is finished is shown first
    if is_rank_zero():
        driver.measure_anchors(suite.anchors.values(), fresh=fresh)
        report = files.finish(console)
        driver.tracker.log_leaderboard(name, report.leaderboard, page=files.page)
    if failure:
        raise failure
    return report


class _SuiteFiles:
    """What a suite keeps in its output folder while it trains: its plan and its page.

    Args:
        store: of the output folder.
        suite: its name.
        command: what was typed to train it.
    """

    def __init__(self, store: Store, suite: str, command: str) -> None:
        self.store, self.suite, self.command = store, suite, command
        self._next = 0.0

    @property
    def page(self) -> Path:
        """Where its page is."""
        from sharegap.leaderboard import PAGE

        return self.store.leaderboard(self.suite) / PAGE

    def keep_plan(self, plan: Plan) -> None:
        """Store the plan; the first of several processes does."""
        from sharegap.execute.hardware import is_rank_zero

        if is_rank_zero():
            self.store.write_plan(plan.table, plan.facts, self.command)

    def update(self, plan: Plan, seconds_left: float | None) -> None:
        """Store the plan, and write the page of what is finished, unless it was written just now."""
        from sharegap import leaderboard
        from sharegap.execute.estimate import duration
        from sharegap.execute.hardware import is_rank_zero

        self.keep_plan(plan)
        begin = time.monotonic()
        if is_rank_zero() and begin >= self._next:
            left = "" if seconds_left is None else f" About {duration(seconds_left)} are left."
            with suppress(UserError):  # no run is finished that is to be measured
                leaderboard.write_suite(self.store, self.suite, training=f"They are being trained.{left}")
            self._next = begin + PAGE_SHARE * (time.monotonic() - begin)

    def finish(self, console: Console) -> "Report":
        """Write the page at the end, print its tables and where it is, and return its report."""
        from sharegap import leaderboard

        report = leaderboard.write_suite(self.store, self.suite)
        leaderboard.show(report, console)
        console.print(f"{self.page}", markup=False, highlight=False, soft_wrap=True)
        return report


def _announce(plan: Plan, scores: Mapping[str, float]) -> str:
    """Say how many runs there are in all, and what is not known of them yet."""
    stored = sum(run in scores for run in plan.runs)
    counts = f"{len(plan.runs) + plan.to_come:,} runs in all, {stored:,} of them stored."
    if plan.to_come:
        return f"About {counts} Validation scores decide the settings of about {plan.to_come:,} of them."
    return counts if stored < len(plan.runs) else f"All {stored:,} runs are stored: nothing is left to train."
