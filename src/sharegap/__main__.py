"""One run: `python -m sharegap dataset=mnist1d model=local1d sharing=soft sharing.strength=0.01 seed=3`."""

from omegaconf import DictConfig
from rich.console import Console

from sharegap.runs.cli import run_program
from sharegap.runs.corridor import leads
from sharegap.runs.report import show
from sharegap.runs.single import finish


def main(config: DictConfig) -> float | None:
    """Trains one run, prints its figures and returns its validation score: a sweeper must not see the test."""
    row = finish(config)
    if leads():
        show(row, Console())
    return row[f"{row['scored_at']}_validation_score"]


if __name__ == "__main__":
    run_program(main, "config")
