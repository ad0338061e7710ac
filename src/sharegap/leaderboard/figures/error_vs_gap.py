"""Test error vs. gap: each method is a point with its intervals in both directions."""

from typing import Any

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.encodings import (
    QUIET,
    WIDTH,
    Figure,
    Styles,
    describe,
    format_interval,
    make_chart,
)
from sharegap.leaderboard.figures.scatter import draw_points, make_axis
from sharegap.results.study_errors import error_formula, error_of

HEIGHT = 400
ZERO_TRAIN_ERROR = "Dotted: train error 0, where all of the test error is gap"


def draw_error_vs_gap(leaderboard: pl.DataFrame, styles: Styles) -> Figure | None:
    """Draw the rows of a study's leaderboard as points: a small gap is left, a small error is low."""
    scored = leaderboard.filter(pl.col("test_score").is_not_null(), pl.col("gap_score").is_not_null())
    if scored.is_empty():
        return None
    score, higher_is_better = scored["score_name"][0], scored["higher_is_better"][0]
    rows = list(map(_make_point, add_errors(scored).to_dicts()))
    x_axis, y_axis = make_axis(rows, "x", WIDTH), make_axis(rows, "y", HEIGHT)
    gap = "train − test" if higher_is_better else "test − train"
    x = alt.X("x:Q", title=f"gap in {score} ({gap})", scale=x_axis.scale)
    y = alt.Y("y:Q", title=f"test error ({error_formula(score, higher_is_better)})", scale=y_axis.scale)
    layers = draw_points(
        rows, x, y, axes=(x_axis, y_axis), styles=styles, named=scored["method"].to_list(), legend=False
    )
    ends = max(x_axis.low, y_axis.low, 0.0), min(x_axis.high, y_axis.high)
    has_line = "accuracy" in score and ends[0] < ends[1]
    if has_line:
        # Test error = gap + train error, so no point lies below it.
        line = make_chart([{"x": end, "y": end} for end in ends])
        layers.insert(0, line.mark_line(color=QUIET, strokeDash=[2, 3], aria=False).encode(x=x, y=y))
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    return chart.properties(title=ZERO_TRAIN_ERROR) if has_line else chart


def add_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the test error and the ends of its interval: `error`, `error_low` and `error_high`."""
    score_name, higher_is_better = rows["score_name"][0], rows["higher_is_better"][0]
    score_ends = {"": "", "_low": "_low", "_high": "_high"}
    if higher_is_better:
        score_ends |= {"_low": "_high", "_high": "_low"}
    for end, score_end in score_ends.items():
        scores = rows[f"test_score{score_end}"].cast(pl.Float64).to_numpy()
        errors = pl.Series(error_of(scores, score_name, higher_is_better))
        rows = rows.with_columns(errors.fill_nan(None).alias(f"error{end}"))
    return rows


def _make_point(row: dict[str, Any]) -> dict[str, Any]:
    details = f"gap {format_interval(row, 'gap_score')}, test error {format_interval(row, 'error')}"
    point = {"method": row["method"], "description": describe(row["method"], details)}
    for name, figure in (("x", "gap_score"), ("y", "error")):
        for end in ("", "_low", "_high"):
            point[f"{name}{end}"] = row[f"{figure}{end}"]
    return point
