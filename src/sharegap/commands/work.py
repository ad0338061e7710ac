"""Help the command that trains in an output folder: `sharegap work out=outputs`, on any host that has the folder."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sharegap.commands.arguments import parse_options
from sharegap.errors import UserError, printable

PATIENCE = 60.0
"""Seconds that a task of `srun` waits for the first one to begin; later there was nothing to train."""


def start(arguments: Sequence[str]) -> None:
    """Train fleets for the command that leads in `out`, until nothing is left."""
    out = Path(parse_options(arguments, {"out": "outputs"})["out"])
    from sharegap.execute.job_file import help_leader

    if not help_leader(out, _print):
        raise UserError(f"nothing is being trained in {out}: start `sharegap bench out={out}` first")


def help_task(out: Path) -> None:
    """Train fleets for the first task of this `srun`, which trains in an output folder."""
    from sharegap.execute.executors.tasks import srun_step
    from sharegap.execute.job_file import help_leader

    help_leader(out, _print, patience=PATIENCE, step=srun_step())


def _print(text: str) -> None:
    Console(highlight=False).print(printable(text), markup=False, soft_wrap=True)
