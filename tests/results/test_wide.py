"""The wide frame against rows that are written down in wide form."""

import math

import polars as pl

from sharegap.results import RUNS
from sharegap.results.wide import CURVES, MEASUREMENTS, value_of, widen
from tests.results.conftest import row


def wide_row(**figures):
    return widen(pl.DataFrame([row("1", **figures)], schema=RUNS)).row(0, named=True)


def test_wide_columns_of_measurements():
    wide = wide_row(final_test_score=0.25, best_val_step=None, best_val_cka=math.nan)
    assert set(MEASUREMENTS) <= set(wide)
    assert (wide["final_test_score"], wide["final_train_loss"], wide["final_step"]) == (0.25, 1.0, 100)
    assert wide["best_val_step"] is None
    assert math.isnan(wide["best_val_cka"])


def test_wide_columns_of_curves():
    wide = wide_row(curve_step=[10, 20], curve_train_loss=[2.0, 1.0], curve_validation_loss=[math.nan, 3.0])
    assert wide["curve_step"] == [10, 20]
    assert wide["curve_train_loss"] == [2.0, 1.0]
    assert math.isnan(wide["curve_validation_loss"][0])
    assert {len(wide[curve]) for curve in CURVES} == {2}


def test_wide_runs_without_measurements():
    runs = pl.DataFrame([row("1") | {"measurements": [], "curve": []}, row("2")], schema=RUNS)
    wide = widen(runs)
    assert wide["final_test_score"].to_list() == [None, 0.5]
    assert wide["curve_train_loss"].to_list() == [None, [0.5]]
    empty = widen(runs.clear())
    assert dict(empty.schema) == dict(wide.schema)


def test_value_of_one_measurement():
    stored = row("1", final_test_score=0.25)
    assert value_of(stored, snapshot="final", split="test", metric="score") == 0.25
    assert value_of(stored, snapshot="final", split=None, metric="step") == 100
    assert value_of(stored, snapshot="final", split="test", metric="ROC AUC") is None
