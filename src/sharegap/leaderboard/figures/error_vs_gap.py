"""Test error vs. gap: each method is a point with its intervals in both directions."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from sharegap.leaderboard.figures.label_placement import Box, place_labels
from sharegap.leaderboard.figures.style import GREY, WIDTH, Style, error_bars, escape, make_figure
from sharegap.results.study_errors import error_formula, error_of

HEIGHT = 440
MAX_STRETCH = 1.8
"""How many times wider than WIDTH the page may draw the figure."""
Range = tuple[float, float]


def draw_error_vs_gap(leaderboard: pl.DataFrame, styles: Mapping[str, Style]) -> go.Figure | None:
    """Draw the rows of a study's leaderboard as points: a small gap is left, a small error is low."""
    rows = leaderboard.filter(pl.col("test_score").is_not_null(), pl.col("gap_score").is_not_null())
    if rows.is_empty():
        return None
    score, higher_is_better = escape(rows["score_name"][0]), rows["higher_is_better"][0]
    rows = _add_errors(rows)
    x_range, y_range = _range(rows, "gap_score"), _range(rows, "error")
    figure = make_figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    gap = "train − test" if higher_is_better else "test − train"
    figure.update_xaxes(title=f"gap in {score} ({gap})", range=x_range)
    figure.update_yaxes(title=f"test error ({error_formula(score, higher_is_better)})", range=y_range)
    if "accuracy" in score:
        _draw_zero_train_error(figure, x_range, y_range)
    for point in rows.partition_by("method", maintain_order=True):
        _draw_point(figure, point, styles[point["method"][0]])
    _draw_labels(figure, rows, styles, x_range, y_range)
    return figure


def _add_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the test error and the errors at the ends of the interval of the test score."""
    score_name, higher_is_better = rows["score_name"][0], rows["higher_is_better"][0]
    for end in ("", "_low", "_high"):
        scores = rows[f"test_score{end}"].cast(pl.Float64).to_numpy()
        errors = pl.Series(error_of(scores, score_name, higher_is_better))
        rows = rows.with_columns(errors.fill_nan(None).alias(f"error{end}"))
    return rows


def _value_and_bounds(row: Mapping[str, Any], name: str) -> list[float]:
    """The value and the ends of its interval, if it has one."""
    values = row[name], row[f"{name}_low"], row[f"{name}_high"]
    return [value for value in values if value is not None]


def _range(rows: pl.DataFrame, name: str) -> Range:
    values = pl.concat([rows[name], rows[f"{name}_low"], rows[f"{name}_high"]]).drop_nulls()
    low, high = min(values), max(values)
    margin = 0.12 * (high - low) or 0.05  # a single point without an interval has no span
    return low - margin, high + margin


def _draw_zero_train_error(figure: go.Figure, x_range: Range, y_range: Range) -> None:
    """The line of train error 0: test error = gap + train error, so no point lies below it."""
    ends = max(x_range[0], y_range[0], 0.0), min(x_range[1], y_range[1])
    if ends[0] < ends[1]:
        figure.add_scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": GREY, "dash": "dot", "width": 1.5},
            name="train error 0: all of the test error is gap",
            showlegend=True,
            hoverinfo="skip",
        )


def _draw_point(figure: go.Figure, point: pl.DataFrame, style: Style) -> None:
    figure.add_scatter(
        x=point["gap_score"].to_list(),
        y=point["error"].to_list(),
        error_x=error_bars(point, "gap_score", style.color),
        error_y=error_bars(point, "test_score", style.color),
        mode="markers",
        marker={"color": style.color, "symbol": style.marker, "size": 10},
        name=escape(point["method"][0]),
        showlegend=False,
        hovertemplate="gap %{x:.4g}<br>%{yaxis.title.text} %{y:.4g}",
    )


def _draw_labels(
    figure: go.Figure, rows: pl.DataFrame, styles: Mapping[str, Style], x_range: Range, y_range: Range
) -> None:
    margin = figure.layout.margin
    width, height = WIDTH - margin.l - margin.r, HEIGHT - margin.t - margin.b

    def to_pixels(gap: float, error: float) -> tuple[float, float]:
        x = width * (gap - x_range[0]) / (x_range[1] - x_range[0])
        y = height * (y_range[1] - error) / (y_range[1] - y_range[0])
        return x, y

    points, obstacles = [], []
    for row in rows.to_dicts():
        x, y = to_pixels(row["gap_score"], row["error"])
        points.append((x, y))
        obstacles.append(Box(x - 8, y - 8, x + 8, y + 8))
        for gap in _value_and_bounds(row, "gap_score"):
            # A wide page stretches the bars, but not the distance between a point and its label.
            end = x + MAX_STRETCH * (to_pixels(gap, 0.0)[0] - x)
            obstacles.append(Box(min(x, end), y - 3, max(x, end), y + 3))
        for error in _value_and_bounds(row, "error"):
            _, end = to_pixels(0.0, error)
            obstacles.append(Box(x - 3, min(y, end), x + 3, max(y, end)))
    offsets = place_labels(points, rows["method"].to_list(), obstacles, Box(0, 0, width, height))
    for row, (dx, dy) in zip(rows.to_dicts(), offsets, strict=True):
        figure.add_annotation(
            x=row["gap_score"],
            y=row["error"],
            text=escape(row["method"]),
            name=escape(row["method"]),
            ax=dx,
            ay=dy,
            arrowcolor=styles[row["method"]].color,
            arrowwidth=0.7,
            arrowhead=0,
            standoff=7,
        )
