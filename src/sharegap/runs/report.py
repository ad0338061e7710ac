"""The figures of a single run in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from sharegap.results.schema import PARTS, SNAPSHOTS


def show(row: Mapping[str, Any], console: Console) -> None:
    """Prints a stored run: what was measured at each snapshot of its weights."""
    table = Table(
        title=f"run {row['run']}: {row['score_name']} and loss on clean data, in eval mode", title_justify="left"
    )
    table.add_column("snapshot")
    table.add_column("step", justify="right")
    for part in PARTS:
        table.add_column(part, justify="right")
    for heading in ("gap in score", "gap in loss", "copies apart"):
        table.add_column(heading, justify="right")
    for snapshot in SNAPSHOTS:
        scores = [row[f"{snapshot}_{part}_score"] for part in PARTS]
        losses = [row[f"{snapshot}_{part}_loss"] for part in PARTS]
        cells = [f"{_text(score)}  {_text(loss)}" for score, loss in zip(scores, losses, strict=True)]
        gaps = [_text(_minus(scores[0], scores[-1])), _text(_minus(losses[-1], losses[0]))]
        marked = f"{snapshot} *" if snapshot == row["scored_at"] else snapshot
        step = row[f"{snapshot}_step"]
        table.add_row(
            marked, "—" if step is None else f"{step:,}", *cells, *gaps, _text(row[f"{snapshot}_copies_distance"])
        )
    console.print(table)
    console.print(
        f"* is the snapshot that counts. {row['unique_parameters']:,} parameters, {row['train_seconds']:.1f} s"
        + (". DIVERGED: the training loss is no longer finite" if row["diverged"] else "")
    )


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _text(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
