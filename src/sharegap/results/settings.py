"""What runs say without a suite: one row per setting, means and intervals over its seeds."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from sharegap.results.selection import score_runs
from sharegap.results.statistics import interval_columns

Options = dict[str, Any]
"""A run's options by the names that a user types, e.g. `sharing.strength`; a file that was chosen shows as its name."""

FIGURES = ("validation_score", "test_score", "gap_score")
SET_BY_DATASET = ("training", "optimizer")
"""The sections in which a data set's file has defaults of its own."""


def summarize_settings(runs: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one row per setting of `runs`: a config without its seed.

    Args:
        runs: in the columns of RUNS.

    Returns:
        Rows in the order of the options that vary: `options`, `score_name`, `higher_is_better`, `n_test`, `seeds`,
        `diverged` (runs), and each of FIGURES as mean, `_low` and `_high` over seeds. They are at the weights at which
        a run is scored, and NaN where those of a run are not finite. `is_best` marks the best mean validation score of
        several settings with the same data and the same model. A tie goes to the first.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for run in score_runs(runs).to_dicts():
        run["options"] = options_of(json.loads(run["config"]))
        groups.setdefault(json.dumps(run["options"]), []).append(run)
    rows = [_summarize(group) for group in groups.values()]
    varying = varying_options([row["options"] for row in rows])
    rows.sort(key=lambda row: [_order(row["options"].get(name)) for name in varying])
    tasks: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        tasks.setdefault(_task(row["options"]), []).append(row)
    for settings in tasks.values():
        _mark_best(settings)
    return rows


def options_of(config: Mapping[str, Any]) -> Options:
    """Return the options of a stored config, the seed left out.

    Example:
        >>> options_of({"sharing": {"name": "soft", "strength": 0.1}, "regularizer": {}, "seed": 3})
        {'sharing': 'soft', 'sharing.strength': 0.1, 'regularizer': []}
    """
    flat = dict(_flatten(config))
    options: Options = {}
    for path, value in flat.items():
        section, _, name = path.rpartition(".")
        if path == "precision":
            options["trainer.precision"] = value
        elif name == "name" and section in config:
            options[section] = value
        # A data set's file passes its own options on to what loads it.
        elif path != "seed" and not (section == "dataset.load" and f"dataset.{name}" in flat):
            options[path] = value
    options["regularizer"] = list(config.get("regularizer", {}))
    return options


def varying_options(settings: Iterable[Options]) -> list[str]:
    """Return the options that differ between settings which have them, in alphabetical order.

    An option that follows from what was chosen by name does not differ: a strategy shows as its name alone.
    """
    values: dict[tuple[str, str], set[str]] = {}
    for options in settings:
        for name, value in options.items():
            values.setdefault((name, _choice(name, options)), set()).add(json.dumps(value))
    return sorted({name for (name, _), distinct in values.items() if len(distinct) > 1})


def _summarize(group: list[dict[str, Any]]) -> dict[str, Any]:
    row = {name: group[0][name] for name in ("options", "score_name", "higher_is_better", "n_test")}
    row |= {"seeds": len(group), "diverged": sum(run["diverged"] for run in group), "is_best": False}
    for figure in FIGURES:
        row |= interval_columns(figure, [run[figure] for run in group])
    return row


def _flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _choice(name: str, options: Options) -> str:
    """What was chosen by name and decides which values an option has by default."""
    section, _, inner = name.partition(".")
    if not inner:
        return ""
    if section == "regularizer":
        return inner.split(".")[0]
    chosen = [options.get(section)]
    if section in SET_BY_DATASET:
        chosen.append(options.get("dataset"))
    return json.dumps(chosen)


def _order(value: Any) -> tuple[int, float, str]:
    """Missing values first, then numbers in their order, then texts and lists, the short lists first."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, int | float):
        return 1, value, ""
    return 2, len(value) if isinstance(value, list) else 0, json.dumps(value)


def _task(options: Options) -> str:
    """What settings must have in common to be compared: the data, their split, and the model."""
    task = {"model": options.get("model")}
    for name, value in options.items():
        # Augmentation changes what is trained on, and not what the scores are measured on.
        if name.split(".")[0] == "dataset" and not name.startswith("dataset.augmentation"):
            task[name] = value
    return json.dumps(task)


def _mark_best(settings: list[dict[str, Any]]) -> None:
    finite = [row for row in settings if math.isfinite(row["validation_score"])]
    if finite and len(settings) > 1:
        sign = 1 if finite[0]["higher_is_better"] else -1
        max(finite, key=lambda row: sign * row["validation_score"])["is_best"] = True
