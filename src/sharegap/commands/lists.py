"""What there is: `sharegap methods`, `datasets`, `models` and `suites`."""

from collections.abc import Sequence

from rich.console import Console

from sharegap.commands.arguments import parse_plain
from sharegap.plan.config_folders import named_folders
from sharegap.plan.configs import choices
from sharegap.tables import TextColumn, as_text, print_table


def start(group: str, arguments: Sequence[str]) -> None:
    """Print what an option of this group may be: its name, what it is, and where it comes from.

    Args:
        group: "method", "dataset", "model" or "suite".
        arguments: the words of the command line after the command; `--config-dir` adds a folder of configs.
    """
    with named_folders(parse_plain(arguments).folders):
        there = choices(group)
    names = [as_text(name) for name in there]
    descriptions = [as_text(choice.description) for choice in there.values()]
    providers = [as_text(choice.provider, style="dim") for choice in there.values()]
    columns = [
        TextColumn(group, names, folds=False),
        TextColumn("what it is", descriptions),
        TextColumn("from", providers),
    ]
    print_table(columns, Console(highlight=False))
