"""What a command shows while its fleets are trained: one bar for all, and a line for each of several workers."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sharegap.errors import printable
from sharegap.execute.estimate import duration
from sharegap.execute.status import Status


class Display:
    """A bar on standard error; where that is no terminal, plain lines only.

    Args:
        quiet: whether to show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(stderr=True, quiet=quiet),
        )
        self.total = self.progress.add_task("preparing", total=None, left="")
        self.lines: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """Print one line above the bar."""
        self.progress.console.print(printable(text), highlight=False, markup=False, soft_wrap=True)

    def show(self, description: str, *, done: float, left: float | None, workers: int) -> None:
        """Show how far everything is.

        Args:
            description: what is going on.
            done: seconds of one worker's work that are done.
            left: seconds of it that are left; None where nobody knows.
            workers: how many share it.
        """
        remaining = f"about {duration(left / workers)} left" if left else ""
        total = None if left is None else done + left or 1.0
        self.progress.update(self.total, description=description, completed=done, total=total, left=remaining)

    def show_workers(self, statuses: Sequence[Status]) -> None:
        """Show a line for each worker."""
        for name in self.lines.keys() - {status.worker for status in statuses}:
            self.progress.remove_task(self.lines.pop(name))
        for status in statuses:
            if status.worker not in self.lines:
                self.lines[status.worker] = self.progress.add_task("", total=1.0, left="")
            description = f"  {status.worker}: {status.title or 'waits'}"
            self.progress.update(self.lines[status.worker], description=description, completed=status.share)
