"""Runs without a suite: one row per setting, for the terminal."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from sharegap.leaderboard.cells import MISSING, Row
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import BY_NAME
from sharegap.leaderboard.sections.methods import count_noun
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.settings import varying_options

COMMON = {"dataset": "dataset", "model": "model", "dataset.n_train": "n_train"}
"""Options that the introduction names where all settings share them."""
SETTING = Column("setting", "the options in which the settings differ", kind="text", show="terminal")
DIVERGED = replace(BY_NAME["diverged"], total="seeds")
SEEDS, VALIDATION = (replace(BY_NAME[name], show="terminal") for name in ("seeds", "validation_score"))
BEST = Column("best", "marks the best mean validation score", heading=" ", kind="text", show="terminal")
INTERVAL = "±: 95 % interval over seeds."
ONE_SEED = "One seed alone has no interval."
RULE = "best: by mean validation score, among the settings with the same data and model; test scores choose nothing."
WITHOUT_MEAN = "Where the loss of a run became infinite or undefined, its setting has no mean and cannot be the best."


def settings_sections(settings: Iterable[Row]) -> list[Section]:
    """Make a section for each kind of score: accuracies and perplexities do not share a column.

    Args:
        settings: as `summarize_settings` returns them.
    """
    scores: dict[tuple[str, bool], list[Row]] = {}
    for row in settings:
        scores.setdefault((row["score_name"], row["higher_is_better"]), []).append(row)
    return [_make_section(rows) for rows in scores.values()]


def _make_section(rows: Sequence[Row]) -> Section:
    varying = varying_options(row["options"] for row in rows)
    figures, notes = [SEEDS, VALIDATION, BY_NAME["test_score"], BY_NAME["gap_score"]], [INTERVAL]
    if any(row["seeds"] == 1 for row in rows):
        notes.append(ONE_SEED)
    if any(row["is_best"] for row in rows):
        figures.insert(2, BEST)
        notes.append(RULE)
    if any(row["diverged"] for row in rows):
        figures.append(DIVERGED)
        notes.append(WITHOUT_MEAN)
    columns = [Column(name, "an option", heading=name, kind="text", show="terminal") for name in varying]
    cells = [_show(row, varying) for row in rows]
    table = Table([*columns, *figures], cells, narrow=[SETTING, *figures])
    runs = sum(row["seeds"] for row in rows)
    title = f"{count_noun(len(rows), 'setting')}, {count_noun(runs, 'run')}"
    return Section(title, [table], [" ".join(notes)], intro=[_describe(rows)], in_terminal=True)


def _show(row: Row, varying: Sequence[str]) -> dict[str, Any]:
    """Return a row with a value for each column: missing where it is not finite."""
    options = {name: format_option(row["options"].get(name)) for name in varying}
    present = [f"{name}={value}" for name, value in options.items() if value != MISSING]
    shown = {name: None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}
    return shown | options | {"setting": " ".join(present), "best": "best" if row["is_best"] else ""}


def format_option(value: Any) -> str:
    """Format the value of an option as a user types it, e.g. `[l2,dropout]`."""
    if value is None:
        return MISSING
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        # A file is stored as the digest of its content: 12 digits tell files apart.
        return re.sub(r"^(sha256:\w{12})\w+$", r"\1", value)
    return json.dumps(value, separators=(",", ":")).replace('"', "")


def _describe(rows: Sequence[Row]) -> str:
    """What all settings share, e.g. `dataset mnist1d, model local1d, score is accuracy (higher is better)`."""
    words = []
    for name, label in COMMON.items():
        values = {format_option(row["options"].get(name)) for row in rows}
        if len(values) == 1 and MISSING not in values:
            words.append(f"{label} {values.pop()}")
    test_sizes = {row["n_test"] for row in rows}
    if len(test_sizes) == 1 and None not in test_sizes:
        words.append(f"n_test {test_sizes.pop():,}")
    direction = "higher" if rows[0]["higher_is_better"] else "lower"
    return ", ".join([*words, f"score is {rows[0]['score_name']} ({direction} is better)"])
