"""What a finished run looks like in another program: flat settings, curves and final figures."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sharegap.results.selection import score_runs, settings_of
from sharegap.tracking.tracker import RunLabels

PLACE = ("suite", "series", "study", "method", "phase", "trial", "seed", "at_edge")
"""What a row of the plan says of a run."""
ORIGIN = ("run", "commit", "score_name", "higher_is_better", "scored_at")
SCORED = (
    *("test_score", "gap_score", "gap_loss", "validation_score", "train_score"),
    *("test_loss", "validation_loss", "train_loss", "relative_copy_distance", "cka"),
)
"""Figures at the weights that a run is scored at."""
COST = ("unique_parameters", "train_seconds", "diverged")
MAX_TAG = 64
"""Signs that W&B allows."""


@dataclass(frozen=True)
class RunView:
    """A finished run.

    Args:
        name: for people, e.g. `mnist1d soft, measure trial 3, seed 7`.
        group: what runs that differ in their seed alone have in common; None of a run outside suites.
        tags: its suites, studies and phases.
        config: its settings, flat, to filter and group by; `options` holds the config that it was trained by.
        curve: by step, figures called `split/metric`.
        summary: its final figures, finite or infinite numbers.
    """

    name: str
    group: str | None
    tags: list[str]
    config: dict[str, Any]
    curve: dict[int, dict[str, float]]
    summary: dict[str, float]


def run_views(runs: pl.DataFrame, labels: Mapping[str, Sequence[RunLabels]]) -> Iterator[RunView]:
    """Return the view of each run.

    A run that stands for several rows of the plan is shown as the first of them, and its tags name all.

    Args:
        runs: stored rows, in the columns of RUNS; where there is a column `commit`, it is shown too.
        labels: by run, what it stands for, as `labels_by_run` returns it; none of runs outside suites.
    """
    scored = score_runs(runs).select("run", *SCORED)
    figures = {row["run"]: row for row in scored.iter_rows(named=True)}
    for row in runs.iter_rows(named=True):
        yield _view(row, labels.get(row["run"], []), figures[row["run"]])


def _view(row: Mapping[str, Any], labels: Sequence[RunLabels], scored: Mapping[str, float | None]) -> RunView:
    """Return the view of a stored row."""
    options = json.loads(row["config"])
    first: RunLabels = labels[0] if labels else {"seed": options.get("seed")}
    config = settings_of(options, first.get("tunes"))
    config |= {name: first.get(name) for name in PLACE}
    config |= {name: row.get(name) for name in ORIGIN}
    name, group = row["run"], None
    if labels:
        config["chosen"] = first["phase"] == "measure"
        if config["strength"] is None:  # of a method with a place on a path of methods, such as hard sharing
            config["strength"] = first["path_position"]
        setting = f"{first['study']} {first['method']}, {first['phase']} trial {first['trial']}"
        name, group = f"{setting}, seed {first['seed']}", f"{first['suite']}: {setting}"
    summary = {name: scored[name] for name in SCORED} | {name: row[name] for name in COST} | _measurements(row)
    config = {name: value for name, value in config.items() if value is not None}
    return RunView(name, group, _tags(labels), config | {"options": options}, _curve(row), _without_nan(summary))


def _tags(labels: Sequence[RunLabels]) -> list[str]:
    """Return what many runs have in common, each once."""
    tags: dict[str, None] = {}
    for kind in ("suite", "study", "phase"):
        tags |= dict.fromkeys(str(label[kind])[:MAX_TAG] for label in labels)
    return [*tags]


def _measurements(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Return what was measured as `snapshot/split/metric`, or `snapshot/metric` where there is no split."""
    values = {}
    for measurement in row["measurements"]:
        labels = (measurement["snapshot"], measurement["split"], measurement["metric"])
        values["/".join(label for label in labels if label is not None)] = measurement["value"]
    return values


def _curve(row: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """Return the values of the run's curves by step."""
    curve: dict[int, dict[str, float | None]] = {}
    for point in row["curve"]:
        curve.setdefault(point["step"], {})[f"{point['split']}/{point['metric']}"] = point["value"]
    return {step: _without_nan(values) for step, values in curve.items()}


def _without_nan(values: Mapping[str, float | None]) -> dict[str, float]:
    """Return `values` without None and NaN, which would be shown as figures."""
    return {name: value for name, value in values.items() if value is not None and not math.isnan(value)}
