"""A suite from its plan to its leaderboard: `make bench SUITE=default OUT=outputs`."""

from pathlib import Path

from omegaconf import DictConfig
from rich.console import Console

from sharegap import leaderboard
from sharegap.runs.cli import run_program
from sharegap.runs.corridor import corridor, leads
from sharegap.runs.suite import expand
from sharegap.runs.understood import tell


def main(config: DictConfig) -> None:
    """Finishes the suite's runs and writes its leaderboard to the folder `leaderboard` in `out`."""
    plan, runs = expand(config.suite, config.trainer.precision)
    with corridor(config) as way:
        way.store.write_plan(plan)
        tell(runs.values())
        way.complete(runs.values(), plan)
        if leads():
            folder = Path(config.out) / "leaderboard"
            board = leaderboard.write(way.store, config.suite.name, folder)
            console = Console()
            leaderboard.show(board, console)
            console.print(f"{folder / 'index.html'}")
            way.tracking.log_leaderboard(config.suite.name, board.tables.leaderboard)


if __name__ == "__main__":
    run_program(main, "bench")
