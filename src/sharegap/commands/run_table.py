"""The figures of a single run in the terminal."""

import json
from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

from rich.console import Console
from rich.table import Table

from sharegap.results.schema import SNAPSHOTS, SPLITS


def show(row: Mapping[str, Any], console: Console) -> None:
    """Prints a stored run: what was measured at each snapshot of its weights, on clean data in eval mode."""
    table = Table("")
    for snapshot in SNAPSHOTS:
        table.add_column(f"{snapshot} *" if snapshot == row["scored_at"] else snapshot, justify="right")

    def add(name: str, values: Iterable[float | None], form: str = "z.3f") -> None:
        table.add_row(name, *("—" if value is None or isnan(value) else format(value, form) for value in values))

    def measured(figure: str) -> list[float | None]:
        return [row[f"{snapshot}_{figure}"] for snapshot in SNAPSHOTS]

    add("step", measured("step"), ",")
    for kind, name, sign in (("score", row["score_name"], 1 if row["higher_is_better"] else -1), ("loss", "loss", -1)):
        for part in SPLITS:
            add(f"{part} {name}", measured(f"{part}_{kind}"))
        ends = zip(measured(f"train_{kind}"), measured(f"test_{kind}"), strict=True)
        add(f"gap in {name}", (None if a is None or b is None else sign * (a - b) for a, b in ends))
    add("copies apart", measured("relative_copy_distance"))
    add("representations alike (CKA)", measured("cka"))
    extra_metrics = {
        (figure["part"], figure["name"], figure["snapshot"]): figure["value"] for figure in row["extra_metrics"]
    }
    for part, name in dict.fromkeys((part, name) for part, name, _ in extra_metrics):
        add(f"{part} {name}", (extra_metrics.get((part, name, snapshot)) for snapshot in SNAPSHOTS))
    console.print(f"{_describe(json.loads(row['config']))} (run {row['run']})", highlight=False, soft_wrap=True)
    console.print(table)
    console.print(
        f"* counts for this method. {row['unique_parameters']:,} unique parameters, {row['train_seconds']:.1f} s"
        + (". DIVERGED: the training loss is no longer finite" if row["diverged"] else "")
    )


def _describe(config: Mapping[str, Any]) -> str:
    changes = {config["sharing"]["name"]: config["sharing"]} | config["regularizer"]
    words = [f"{name} {options['strength']:g}" if "strength" in options else name for name, options in changes.items()]
    model = config["model"]
    if model["match_width"]:
        words.append("narrow")
    if model["ensemble_size"] > 1:
        words.append(f"ensemble of {model['ensemble_size']}")
    return f"{config['dataset']['name']} {model['name']}: {' + '.join(words)}, seed {config['seed']}"
