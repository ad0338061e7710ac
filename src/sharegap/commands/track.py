"""Send what is stored to W&B or another logger, without training: `sharegap track out=outputs logger=mlflow`."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from sharegap.commands.arguments import parse, parse_plain
from sharegap.commands.explain import one_line_errors
from sharegap.commands.terminal import warn_in_one_line
from sharegap.errors import UserError
from sharegap.plan.arguments import check_arguments
from sharegap.plan.configs import compose_choices, open_configs
from sharegap.plan.environment import check_environment
from sharegap.plan.typed import text_of
from sharegap.results import Store
from sharegap.results.finished import FinishedRuns
from sharegap.results.labels import labels_by_run
from sharegap.tracking.tracker import Tracker

OPTIONS = ("out", "suite", "logger")


def start(arguments: Sequence[str]) -> None:
    """Send the stored runs and leaderboards of one suite, or of all, that were not sent before."""
    words = parse(arguments).overrides
    options_of_logger = [name for name in map(_name, words) if name.startswith("logger.")]
    line = parse_plain(arguments, [*OPTIONS, *options_of_logger])
    suites = [text_of(word) for word in words if _name(word) == "suite"]
    overrides = [word for word in words if _name(word) != "suite"]
    warn_in_one_line()
    with one_line_errors("bench", overrides):
        with open_configs(line.folders):
            config, _ = compose_choices(overrides, "bench")
        check_environment(config)
        check_arguments({"logger": OmegaConf.to_container(config.logger, resolve=True)})
        _send(config, suites)


def _name(word: str) -> str:
    """Return the option that a word sets."""
    return word.partition("=")[0]


def _send(config: DictConfig, suites: Sequence[str]) -> None:
    """Send `suites`; without one, all, and where there is none, the runs."""
    # Torch takes seconds to load: a mistake in the options is reported before that.
    from sharegap.execute.driver import open_tracker

    store = Store(Path(config.out))
    if not any(store.parts.glob("*.parquet")):
        raise UserError(f"there are no results in {store.folder} yet: run `sharegap bench` first")
    has_plans = any(store.plans.glob("*.parquet"))
    plans = {suite: store.plan(suite) for suite in suites or (store.suites() if has_plans else [])}
    console = Console(highlight=False)
    with store.lock():
        tracker = open_tracker(config, store)
        runs = pl.concat(FinishedRuns(store).update()).unique("run", keep="first", maintain_order=True)
        for suite, (plan, facts) in plans.items():
            labels = labels_by_run(plan, facts)
            planned = runs.filter(pl.col("run").is_in([*labels]))
            console.print(f"suite {suite}: {planned.height:,} runs are stored", markup=False)
            tracker.log_runs(planned, labels)
            _send_leaderboard(store, suite, tracker)
        if not plans:
            tracker.log_runs(runs, {})
    console.print(f"{tracker.sent:,} runs and leaderboards sent, which had not been sent before")
    if not tracker.reachable:
        raise SystemExit(2)


def _send_leaderboard(store: Store, suite: str, tracker: Tracker) -> None:
    """Send the leaderboard of a suite, where it has one."""
    from sharegap.leaderboard import PAGE
    from sharegap.leaderboard.report import load_report

    with suppress(UserError):  # no run is finished that is to be measured
        tracker.log_leaderboard(suite, load_report(store, suite).leaderboard, page=store.leaderboard(suite) / PAGE)
