"""Rows of finished runs, made up."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sharegap.results.schema import PLAN, RUNS, SNAPSHOTS, SPLITS, SuiteFacts
from tests.rows import config_of, facts_of, stored


def row(run: str, **figures: Any) -> dict[str, Any]:
    """A finished run whose every score is 0.5 and loss is 1, but for `figures` in wide form."""
    values: dict[str, Any] = {}
    for snapshot in SNAPSHOTS:
        values |= {f"{snapshot}_{part}_score": 0.5 for part in SPLITS} | {
            f"{snapshot}_{part}_loss": 1.0 for part in SPLITS
        }
        values |= {f"{snapshot}_step": 100, f"{snapshot}_relative_copy_distance": 0.1, f"{snapshot}_cka": 0.6}
    values |= {
        "run": run,
        "config": json.dumps(config_of()),
        "score_name": "accuracy",
        "scored_at": "final",
        "diverged": False,
    }
    values |= {"higher_is_better": True, "extra_metrics": []}
    values |= {"unique_parameters": 10, "train_seconds": 1.0}
    values |= {"curve_step": [100], "curve_train_loss": [0.5], "curve_train_score": [0.5]}
    values |= {"curve_validation_loss": [0.5], "curve_validation_score": [0.5]}
    values |= {"curve_test_loss": [0.5], "curve_test_score": [0.5]}
    return stored(values | figures)


@pytest.fixture
def documented():
    """What docs/statistics.md says was measured of something, as a share."""
    page = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*) \| .*\| ([\d.]+)% \|$", page, re.MULTILINE)
    return {what: float(measured) / 100 for what, measured in rows}


Cases = dict[tuple[str, float | None, int], dict[str, Any]]
Joinable = tuple[pl.DataFrame, SuiteFacts, pl.DataFrame]


@pytest.fixture
def make_table():
    """A plan, its suite's facts and its runs from {(method, strength, seed): figures}, all of one study.

    `cases` are the measured runs, `tuning` those of all strengths that were tried.
    """

    def build(cases: Cases, tuning: Cases | None = None, **settings: Any) -> Joinable:
        plan, rows = [], []
        tried = tuning or {}
        for phase, runs in (("tune", tried), ("measure", cases)):
            for (method, strength, seed), figures in runs.items():
                strengths = list(dict.fromkeys(case[1] for case in tried if case[0] == method))
                run = f"{phase} {method} {strength} {seed}"
                trial = strengths.index(strength) if strength in strengths else 0
                labels = {"suite": "s", "series": "d", "study": "d", "method": method, "phase": phase}
                plan.append(labels | {"trial": trial, "seed": seed, "at_edge": False, "run": run})
                config = json.dumps(config_of(strength, **settings))
                rows.append(row(run, **{"config": config} | figures))
        facts = facts_of("s", dict.fromkeys(label["method"] for label in plan))
        return pl.DataFrame(plan, schema=PLAN), facts, pl.DataFrame(rows, schema=RUNS)

    return build
