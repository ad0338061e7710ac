"""The figures of a single run in the terminal."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import Any

from rich.console import Console

from sharegap.results.schema import SNAPSHOTS, SPLITS
from sharegap.tables import TextColumn, as_text, print_table

Values = dict[tuple[str | None, str], dict[str, float]]
"""By split and metric: the value at each snapshot at which it was measured."""


def show(row: Mapping[str, Any], console: Console, *, is_stored: bool = False) -> None:
    """Print a run: what was measured at each snapshot of its weights, on clean data in eval mode.

    Args:
        row: in the columns of RUNS.
        console: where it is printed.
        is_stored: whether it was found instead of trained.
    """
    values: Values = {}
    for measurement in row["measurements"]:
        metric_values = values.setdefault((measurement["split"], measurement["metric"]), {})
        metric_values[measurement["snapshot"]] = measurement["value"]
    for split in SPLITS:
        _drop_meaningless(values.get((split, "score"), {}), values.get((split, "loss"), {}))

    rows = {"step": _cells(values.pop((None, "step"), {}), ",.0f")}
    score_name, direction = row["score_name"], 1 if row["higher_is_better"] else -1
    for metric, name, sign in (("score", score_name, direction), ("loss", "loss", -1)):
        gaps = _gaps(values, metric, sign)
        for split in SPLITS:
            rows[f"{split} {name}"] = _cells(values.pop((split, metric), {}))
        rows[f"gap in {name}"] = _cells(gaps)
    rows["relative copy distance"] = _cells(values.pop((None, "relative_copy_distance"), {}))
    rows["similarity of copies (CKA)"] = _cells(values.pop((None, "cka"), {}))
    n_test = values.pop(("test", "samples"), {}).get("final")
    for labels, metric_values in values.items():
        rows[" ".join(label for label in labels if label)] = _cells(metric_values)

    console.print(as_text(f"{_describe(json.loads(row['config']))} (run {row['run']})"))
    if is_stored:
        console.print("stored, not trained again")
    print_table(_make_columns(rows, row["scored_at"]), console)
    note = f"* counts for this method. {row['unique_parameters']:,} unique parameters, {row['train_seconds']:.1f} s"
    if n_test is not None:
        note += f", {n_test:,.0f} test samples"
    if row["diverged"]:
        note += ". DIVERGED: the training loss is no longer finite"
    console.print(as_text(note))


def _make_columns(rows: Mapping[str, Sequence[str]], scored_at: str) -> list[TextColumn]:
    columns = [TextColumn("", [as_text(name) for name in rows])]
    for snapshot, cells in zip(SNAPSHOTS, zip(*rows.values(), strict=True), strict=True):
        heading = f"{snapshot}*" if snapshot == scored_at else snapshot
        columns.append(TextColumn(heading, [as_text(cell) for cell in cells], justify="right", folds=False))
    return columns


def _drop_meaningless(scores: dict[str, float], losses: Mapping[str, float]) -> None:
    """Drop the scores of a diverged network: the argmax of NaN outputs is a class like any other."""
    for snapshot in list(scores):
        if not isfinite(losses.get(snapshot, 0.0)):
            del scores[snapshot]


def _gaps(values: Values, metric: str, sign: int) -> dict[str, float]:
    """Return the gap at each snapshot, positive where the training data do better."""
    train, test = values.get(("train", metric), {}), values.get(("test", metric), {})
    return {snapshot: sign * (train[snapshot] - test[snapshot]) for snapshot in train if snapshot in test}


def _cells(values: Mapping[str, float], form: str = "z.3f") -> Sequence[str]:
    cells = []
    for snapshot in SNAPSHOTS:
        value = values.get(snapshot)
        cells.append("—" if value is None or isnan(value) else format(value, form))
    return cells


def _describe(config: Mapping[str, Any]) -> str:
    """Return what the run changed of its baseline, e.g. `mnist1d local1d: soft 0.1 + dropout 0.2, seed 3`."""
    changes = {config["sharing"]["name"]: config["sharing"]} | config["regularizer"]
    words = []
    for name, options in changes.items():
        words.append(f"{name} {options['strength']:g}" if "strength" in options else name)
    model = config["model"]
    if model["match_width"]:
        words.append(model["match_width"])
    if model["ensemble_size"] > 1:
        words.append(f"ensemble of {model['ensemble_size']}")
    return f"{config['dataset']['name']} {model['name']}: {' + '.join(words)}, seed {config['seed']}"
