"""The last figures of a training as a table in the terminal."""

from importlib.util import find_spec
from typing import Any

from sharegap.errors import UserError


def check_table(option: str) -> None:
    """Refuse a table where Rich, which prints it, is not installed.

    Args:
        option: as the user writes it.

    Raises:
        UserError: without Rich.
    """
    if find_spec("rich") is None:
        raise UserError(f"{option} must be False without the package rich: pip install rich")


def print_gap_table(figures: dict[str, float], console: Any = None) -> None:
    """Print a row per metric: train, val and gap.

    Args:
        figures: by logged name.
        console: where it is printed; by default the terminal.

    Example:
        >>> print_gap_table({"train_nats": 0.5, "val_nats": 1.5, "gap_nats": 1.0})
        metric  train    val    gap
        ───────────────────────────
        nats   0.5000 1.5000 1.0000
    """
    from rich.console import Console
    from rich.text import Text

    from sharegap.tables import TextColumn, print_table

    names = [name.removeprefix("gap_") for name in figures if name.startswith("gap_")]
    columns = [TextColumn("metric", [Text(name) for name in names])]
    for split in ("train", "val", "gap"):
        cells = [Text(f"{_figure(figures, split, name):.4f}") for name in names]
        columns.append(TextColumn(split, cells, justify="right", folds=False))
    print_table(columns, console or Console())


def _figure(figures: dict[str, float], split: str, name: str) -> float:
    """The split's figure that belongs to a gap: of several loaders, one split may have one for all."""
    keys = [key for key in figures if f"{split}_{name}".startswith(key)]
    return figures[max(keys, key=len)]
