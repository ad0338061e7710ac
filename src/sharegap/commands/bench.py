"""A suite from its plan to its leaderboard: `make bench SUITE=default OUT=outputs`."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from sharegap import leaderboard
from sharegap.commands.data_summary import describe_data
from sharegap.execute.build import check_runs
from sharegap.execute.runner import is_rank_zero, open_runner
from sharegap.plan.suite import expand


def main(config: DictConfig) -> None:
    """Finishes the suite's runs and writes its leaderboard to the folder `leaderboard` in `out`."""
    plan, runs = expand(config.suite, config.trainer.precision)
    check_runs(runs.values())
    with open_runner(config) as runner:
        runner.store.write_plan(plan)
        describe_data(runs.values())
        runner.complete(runs.values(), plan)
        if is_rank_zero():
            folder = Path(config.out) / "leaderboard"
            report = leaderboard.write(runner.store, config.suite.name, folder)
            console = Console()
            leaderboard.show(report, console)
            console.print(f"{folder / 'index.html'}")
            runner.tracking.log_leaderboard(config.suite.name, report.leaderboard)
