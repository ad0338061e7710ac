"""Test error vs. gap: each method is a point with its intervals in both directions."""

from collections.abc import Mapping, Sequence
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
    intervals,
    make_chart,
    method_channels,
)
from sharegap.leaderboard.figures.label_placement import Box, place_labels, text_box
from sharegap.results.study_errors import error_formula, error_of

HEIGHT = 400
ZERO_TRAIN_ERROR = "Dotted: train error 0, where all of the test error is gap"
Range = tuple[float, float]
Rows = Sequence[Mapping[str, Any]]


def draw_error_vs_gap(leaderboard: pl.DataFrame, styles: Styles) -> Figure | None:
    """Draw the rows of a study's leaderboard as points: a small gap is left, a small error is low."""
    scored = leaderboard.filter(pl.col("test_score").is_not_null(), pl.col("gap_score").is_not_null())
    if scored.is_empty():
        return None
    score, higher_is_better = scored["score_name"][0], scored["higher_is_better"][0]
    rows = list(map(_describe, add_errors(scored).to_dicts()))
    x_range, y_range = _range(rows, "gap_score"), _range(rows, "error")
    gap = "train − test" if higher_is_better else "test − train"
    x = alt.X("gap_score:Q", title=f"gap in {score} ({gap})", scale=_scale(x_range))
    y = alt.Y("error:Q", title=f"test error ({error_formula(score, higher_is_better)})", scale=_scale(y_range))
    channels = method_channels(scored["method"], styles, "color", "shape", legend=False)
    color = {name: channels[name] for name in ("color", "description")}
    labels = make_chart(_place_labels(rows, x_range, y_range))
    label_x, label_y, line_x, line_y = alt.X("label_x:Q"), alt.Y("label_y:Q"), alt.X("line_x:Q"), alt.Y("line_y:Q")
    layers = [
        make_chart(intervals(rows, "gap_score")).mark_rule().encode(x=_low(x), x2="gap_score_high:Q", y=y, **color),
        make_chart(intervals(rows, "error")).mark_rule().encode(x=x, y=_low(y), y2="error_high:Q", **color),
        labels.mark_rule(strokeWidth=0.7).encode(x=line_x, y=line_y, x2="gap_score", y2="error", **color),
        make_chart(rows).mark_point(filled=True, size=80, opacity=1).encode(x=x, y=y, **channels),
        labels.mark_text().encode(x=label_x, y=label_y, text="method:N", description=channels["description"]),
    ]
    has_bound = "accuracy" in score and max(x_range[0], y_range[0], 0.0) < min(x_range[1], y_range[1])
    if has_bound:
        layers.insert(0, _zero_train_error(x, y, x_range, y_range))
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    return chart.properties(title=ZERO_TRAIN_ERROR) if has_bound else chart


def add_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the test error and the errors at the ends of the interval of the test score, `error_low` the smaller."""
    score_name, higher_is_better = rows["score_name"][0], rows["higher_is_better"][0]
    ends = (
        {"": "", "_low": "_high", "_high": "_low"} if higher_is_better else {"": "", "_low": "_low", "_high": "_high"}
    )
    for end, score_end in ends.items():
        scores = rows[f"test_score{score_end}"].cast(pl.Float64).to_numpy()
        errors = pl.Series(error_of(scores, score_name, higher_is_better))
        rows = rows.with_columns(errors.fill_nan(None).alias(f"error{end}"))
    return rows


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    details = f"gap {format_interval(row, 'gap_score')}, test error {format_interval(row, 'error')}"
    names = [f"{figure}{end}" for figure in ("gap_score", "error") for end in ("", "_low", "_high")]
    shown = {name: row[name] for name in ("method", *names)}
    return shown | {"description": describe(row["method"], details)}


def _low(channel: alt.X | alt.Y) -> alt.X | alt.Y:
    """The same channel at the lower end of the interval."""
    changed = channel.copy()
    changed.shorthand = channel.shorthand.replace(":", "_low:")
    return changed


def _scale(domain: Range) -> alt.Scale:
    return alt.Scale(domain=domain, nice=False, zero=False)


def _range(rows: Rows, name: str) -> Range:
    values = [row[f"{name}{end}"] for row in rows for end in ("", "_low", "_high")]
    known = [value for value in values if value is not None]
    margin = 0.12 * (max(known) - min(known)) or 0.05  # a single point without an interval has no span
    return min(known) - margin, max(known) + margin


def _zero_train_error(x: alt.X, y: alt.Y, x_range: Range, y_range: Range) -> alt.Chart:
    """The line of train error 0: test error = gap + train error, so no point lies below it."""
    ends = max(x_range[0], y_range[0], 0.0), min(x_range[1], y_range[1])
    line = make_chart([{"gap_score": end, "error": end} for end in ends])
    return line.mark_line(color=QUIET, strokeDash=[2, 3], strokeWidth=1.5, aria=False).encode(x=x, y=y)


def _place_labels(rows: Rows, x_range: Range, y_range: Range) -> list[dict[str, Any]]:
    """The rows with the places of their labels, in the units of the axes."""
    unit_x, unit_y = WIDTH / (x_range[1] - x_range[0]), HEIGHT / (y_range[1] - y_range[0])

    def to_pixels(gap: float, error: float) -> tuple[float, float]:
        return (gap - x_range[0]) * unit_x, (y_range[1] - error) * unit_y

    points, obstacles = [], []
    for row in rows:
        x, y = to_pixels(row["gap_score"], row["error"])
        points.append((x, y))
        obstacles.append(Box(x - 7, y - 7, x + 7, y + 7))
    for row in intervals(rows, "gap_score"):
        x, y = to_pixels(row["gap_score_low"], row["error"])
        obstacles.append(Box(x, y - 3, x + unit_x * (row["gap_score_high"] - row["gap_score_low"]), y + 3))
    for row in intervals(rows, "error"):
        x, y = to_pixels(row["gap_score"], row["error_high"])
        obstacles.append(Box(x - 3, y, x + 3, y + unit_y * (row["error_high"] - row["error_low"])))
    offsets = place_labels(points, [row["method"] for row in rows], obstacles, Box(0, 0, WIDTH, HEIGHT))
    placed = []
    for row, (dx, dy) in zip(rows, offsets, strict=True):
        # The line to the label ends at its edge.
        box = text_box((dx, dy), row["method"])
        ends = {"label_x": dx, "label_y": dy, "line_x": sorted((box.left, 0, box.right))[1]}
        ends["line_y"] = sorted((box.top, 0, box.bottom))[1]
        for name, pixels in ends.items():
            ends[name] = row["gap_score"] + pixels / unit_x if name[-1] == "x" else row["error"] - pixels / unit_y
        placed.append({**row, **ends})
    return placed
