"""Test error vs. gap: each method is a point with its intervals in both directions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.label_placement import Box, place_labels
from sharegap.leaderboard.figures.style import GREY, WIDTH, Style, error_bars, escape, make_figure
from sharegap.results.aggregate import error_of

HEIGHT = 440
MAX_STRETCH = 1.8
"""How many times wider than WIDTH the page may draw the figure."""
Row = Mapping[str, Any]
Range = tuple[float, float]


def draw_error_vs_gap(rows: Sequence[Row], styles: Mapping[str, Style]) -> go.Figure | None:
    """Draw the rows of a study's leaderboard as points: a small gap is left, a small error is low."""
    rows = [row for row in rows if row["test_score"] is not None and row["gap_score"] is not None]
    if not rows:
        return None
    score, higher_is_better = escape(rows[0]["score_name"]), rows[0]["higher_is_better"]
    gaps, errors = [], []
    for row in rows:
        gaps += _value_and_bounds(row, "gap_score")
        errors += _errors(row)
    x_range, y_range = _range(gaps), _range(errors)
    figure = make_figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    gap = "train − test" if higher_is_better else "test − train"
    figure.update_xaxes(title=f"gap in {score} ({gap})", range=x_range)
    figure.update_yaxes(title=f"test error ({_error_formula(rows[0])})", range=y_range)
    if "accuracy" in score:
        _draw_zero_train_error(figure, x_range, y_range)
    for row in rows:
        _draw_point(figure, row, styles[row["method"]])
    _draw_labels(figure, rows, styles, x_range, y_range)
    return figure


def _error(row: Row, score: float) -> float:
    return float(error_of(np.array(score), row["score_name"], row["higher_is_better"]))


def _errors(row: Row) -> list[float]:
    """The test error and those at the ends of its interval."""
    return [_error(row, score) for score in _value_and_bounds(row, "test_score")]


def _error_formula(row: Row) -> str:
    score = escape(row["score_name"])
    if row["higher_is_better"]:
        return f"1 − {score}"
    optimum = -_error(row, 0.0)
    return f"{score} − {optimum:g}" if optimum else score


def _value_and_bounds(row: Row, name: str) -> list[float]:
    """The value and the ends of its interval, if it has one."""
    values = row[name], row[f"{name}_low"], row[f"{name}_high"]
    return [value for value in values if value is not None]


def _range(values: Sequence[float]) -> Range:
    low, high = min(values), max(values)
    margin = 0.12 * (high - low) or 0.05
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


def _draw_point(figure: go.Figure, row: Row, style: Style) -> None:
    figure.add_scatter(
        x=[row["gap_score"]],
        y=[_error(row, row["test_score"])],
        error_x=error_bars([row], "gap_score", style.color),
        error_y=error_bars([row], "test_score", style.color),
        mode="markers",
        marker={"color": style.color, "symbol": style.marker, "size": 10},
        name=escape(row["method"]),
        showlegend=False,
        hovertemplate="gap %{x:.4g}<br>%{yaxis.title.text} %{y:.4g}",
    )


def _draw_labels(
    figure: go.Figure, rows: Sequence[Row], styles: Mapping[str, Style], x_range: Range, y_range: Range
) -> None:
    margin = figure.layout.margin
    width, height = WIDTH - margin.l - margin.r, HEIGHT - margin.t - margin.b

    def to_pixels(gap: float, error: float) -> tuple[float, float]:
        x = width * (gap - x_range[0]) / (x_range[1] - x_range[0])
        y = height * (y_range[1] - error) / (y_range[1] - y_range[0])
        return x, y

    points = [to_pixels(row["gap_score"], _error(row, row["test_score"])) for row in rows]
    obstacles = [Box(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    for row, (x, y) in zip(rows, points, strict=True):
        for gap in _value_and_bounds(row, "gap_score"):
            # A wide page stretches the bars, but not the distance between a point and its label.
            end = x + MAX_STRETCH * (to_pixels(gap, 0.0)[0] - x)
            obstacles.append(Box(min(x, end), y - 3, max(x, end), y + 3))
        for error in _errors(row):
            _, end = to_pixels(0.0, error)
            obstacles.append(Box(x - 3, min(y, end), x + 3, max(y, end)))
    texts = [row["method"] for row in rows]
    offsets = place_labels(points, texts, obstacles, Box(0, 0, width, height))
    for row, (dx, dy) in zip(rows, offsets, strict=True):
        figure.add_annotation(
            x=row["gap_score"],
            y=_error(row, row["test_score"]),
            text=escape(row["method"]),
            name=escape(row["method"]),
            ax=dx,
            ay=dy,
            arrowcolor=styles[row["method"]].color,
            arrowwidth=0.7,
            arrowhead=0,
            standoff=7,
        )
