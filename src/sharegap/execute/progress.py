"""The progress bar of a command."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def make_progress(quiet: bool) -> Progress:
    """Make a bar on standard error with what is trained, the time that has passed and the time remaining."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=quiet),
    )


def advance_by(progress: Progress, task: TaskID, per_step: float) -> Callable[[int], None]:
    """Return what takes in finished run-steps; each is `per_step` of the bar."""

    def advance(run_steps: int) -> None:
        progress.advance(task, run_steps * per_step)

    return advance
