"""What there is: `sharegap methods`, `datasets`, `models` and `suites`."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from sharegap.commands.arguments import parse
from sharegap.plan.configs import choices, named_folders


def start(group: str, arguments: Sequence[str]) -> None:
    """Print what an option of this group may be: its name, what it is, and where it comes from.

    Args:
        group: "method", "dataset", "model" or "suite".
        arguments: the words of the command line after the command; `--config-dir` adds a folder of configs.
    """
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column(style="dim")
    with named_folders(parse(arguments).folders):
        for name, choice in choices(group).items():
            table.add_row(name, choice.description, choice.provider)
    Console(highlight=False).print(table)
