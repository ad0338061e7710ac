"""The wide frame of finished runs: one column per measurement, for statistics and the leaderboard."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from sharegap.results.schema import SNAPSHOTS, SPLITS

STANDARD_METRICS = ("score", "loss", "step", "samples", "relative_copy_distance", "cka")
"""What every run measures, whatever its task."""


def column_name(*labels: str) -> str:
    """Return the column of a measurement, e.g. `final_test_score`, `best_val_cka` or `curve_train_loss`."""
    return "_".join(labels)


TEST_SAMPLES = column_name("final", "test", "samples")


def _measurement_columns() -> dict[str, pl.DataType]:
    columns: dict[str, pl.DataType] = {}
    for snapshot in SNAPSHOTS:
        for split in SPLITS:
            columns[column_name(snapshot, split, "score")] = pl.Float64()
            columns[column_name(snapshot, split, "loss")] = pl.Float64()
    for snapshot in SNAPSHOTS:
        columns[column_name(snapshot, "step")] = pl.Int64()
    columns[TEST_SAMPLES] = pl.Int64()
    for metric in ("relative_copy_distance", "cka"):
        for snapshot in SNAPSHOTS:
            columns[column_name(snapshot, metric)] = pl.Float64()
    return columns


MEASUREMENTS = _measurement_columns()
CURVES = tuple(column_name("curve", split, metric) for split in SPLITS for metric in ("loss", "score"))


def widen(runs: pl.DataFrame) -> pl.DataFrame:
    """Return the stored `runs` with one column per standard measurement, and one list per curve.

    Args:
        runs: in the columns of RUNS.

    Returns:
        The labels of `runs`, `measurements` as stored, and the columns of MEASUREMENTS: `{snapshot}_{split}_{metric}`
        or `{snapshot}_{metric}`, null where not measured. `curve_step` and CURVES are lists of one length.
    """
    joined = runs.drop("curve")
    for table in (_wide_measurements(runs), _wide_curves(runs)):
        joined = joined.join(table, on="run", how="left", maintain_order="left")
    return joined


def value_of(row: Mapping[str, Any], *, snapshot: str, split: str | None, metric: str) -> float | None:
    """Return one measurement of a stored row; None where it was not measured.

    Args:
        row: in the columns of RUNS.
        snapshot: one of SNAPSHOTS.
        split: one of SPLITS; None of a metric that has none, such as `step`.
        metric: e.g. `score` or `loss`.
    """
    labels = {"snapshot": snapshot, "split": split, "metric": metric}
    for measurement in row["measurements"]:
        if labels.items() <= measurement.items():
            value: float = measurement["value"]
            return value
    return None


def _wide_measurements(runs: pl.DataFrame) -> pl.DataFrame:
    measurements = (
        _long(runs, "measurements")
        .filter(pl.col("metric").is_in(STANDARD_METRICS))
        .with_columns(column=pl.concat_str("snapshot", "split", "metric", separator="_", ignore_nulls=True))
    )
    wide = measurements.pivot("column", index="run", values="value")
    complete = _add_missing(wide, MEASUREMENTS)
    return complete.select("run", *MEASUREMENTS).cast(MEASUREMENTS)  # type: ignore[arg-type]


def _wide_curves(runs: pl.DataFrame) -> pl.DataFrame:
    points = _long(runs, "curve").with_columns(column=pl.concat_str(pl.lit("curve"), "split", "metric", separator="_"))
    wide = points.pivot("column", index=["run", "step"], values="value", maintain_order=True)
    complete = _add_missing(wide, CURVES)
    points_by_step = complete.select("run", pl.col("step").alias("curve_step"), *CURVES)
    return points_by_step.group_by("run", maintain_order=True).agg(pl.all())


def _add_missing(table: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return the table with a column of nulls for each name that it lacks."""
    missing = []
    for name in names:
        if name not in table.columns:
            missing.append(pl.lit(None, pl.Float64).alias(name))
    return table.with_columns(missing)


def _long(runs: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return one row per entry of a list column."""
    # An empty list explodes to one null.
    return runs.select("run", column).explode(column).drop_nulls(column).unnest(column)
