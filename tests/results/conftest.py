"""Rows of finished runs, made up."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sharegap.results.schema import PLAN, RUNS, SNAPSHOTS, SPLITS


def row(run: str, **figures: Any) -> dict[str, Any]:
    """A finished run whose every score is 0.5 and loss is 1, but for `figures`."""
    values: dict[str, Any] = dict.fromkeys(RUNS)
    for snapshot in SNAPSHOTS:
        values |= {f"{snapshot}_{part}_score": 0.5 for part in SPLITS} | {
            f"{snapshot}_{part}_loss": 1.0 for part in SPLITS
        }
        values |= {f"{snapshot}_step": 100, f"{snapshot}_relative_copy_distance": 0.1, f"{snapshot}_cka": 0.6}
    values |= {"run": run, "config": "{}", "score_name": "accuracy", "scored_at": "final", "diverged": False}
    values |= {"higher_is_better": True, "extra_metrics": []}
    values |= {"unique_parameters": 10, "train_seconds": 1.0}
    values |= {name: [100] if name == "curve_step" else [0.5] for name in RUNS if name.startswith("curve_")}
    return values | figures


@pytest.fixture
def documented():
    """What docs/statistics.md says was measured of something, as a share."""
    page = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*) \| .*\| ([\d.]+)% \|$", page, re.MULTILINE)
    return {what: float(measured) / 100 for what, measured in rows}


@pytest.fixture
def make_table():
    """A plan and its runs from {(method, strength, seed): figures}, all of one study."""

    def build(cases: dict[tuple[str, float | None, int], dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
        plan, rows, grids = [], [], {}
        for (method, strength, seed), figures in cases.items():
            grid = grids.setdefault(method, [])
            if strength not in grid:
                grid.append(strength)
            run = f"{method} {strength} {seed}"
            labels = {"suite": "s", "study": "d", "dataset": "d", "model": "m", "n_train": 9}
            labels |= {"method": method, "strength": strength, "trial": grid.index(strength), "seed": seed}
            plan.append(dict.fromkeys(PLAN) | labels | {"run": run})
            rows.append(row(run, **figures))
        return pl.DataFrame(plan, schema=PLAN), pl.DataFrame(rows, schema=RUNS)

    return build
