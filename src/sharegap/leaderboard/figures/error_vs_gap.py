"""Test error against the gap: each method a point with its intervals in both directions.

The error is the distance of the score from its optimum: see `sharegap.results.aggregate.error_of`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sharegap.leaderboard.cells import finite
from sharegap.leaderboard.figures.label_placement import Box, place_labels
from sharegap.leaderboard.figures.style import GREY, WIDTH, Style, figure, label, whiskers
from sharegap.results.study_errors import OPTIMUM, error_of

HEIGHT = 440
WIDEST = 1.8  # how many times wider than WIDTH the page may draw the picture
Row = Mapping[str, Any]
Range = tuple[float, float]


def error_and_gap(rows: Sequence[Row], style: Mapping[str, Style]) -> go.Figure | None:
    """The study's `rows` of the leaderboard as points: a small gap is left, a small error is low."""
    rows = [row for row in rows if finite(row["test_score"]) is not None and finite(row["gap_score"]) is not None]
    if not rows:
        return None
    score = rows[0]["score_name"]
    across = _range([value for row in rows for value in _reach(row, "gap_score")])
    up = _range([_error(row, value) for row in rows for value in _reach(row, "test_score")])
    picture = figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    higher = rows[0]["higher_is_better"]
    gap = "train − test" if higher else "test − train"
    picture.update_xaxes(title=f"gap in {label(score)} ({gap})", range=across)
    optimum = f" − {OPTIMUM[score]:g}" if score in OPTIMUM else ""
    error = f"test error (1 − {label(score)})" if higher else f"test {label(score)}{optimum}"
    picture.update_yaxes(title=error, range=up)
    if "accuracy" in score:
        _draw_bound(picture, across, up)
    for row in rows:
        _draw_point(picture, row, style[row["method"]])
    _draw_labels(picture, rows, style, across, up)
    return picture


def _error(row: Row, score: float) -> float:
    return error_of(score, row["score_name"], row["higher_is_better"])


def _reach(row: Row, name: str) -> list[float]:
    """The value and its interval's bounds, those that there are."""
    return [value for end in ("", "_low", "_high") if (value := finite(row[f"{name}{end}"])) is not None]


def _range(values: Sequence[float]) -> Range:
    low, high = min(values), max(values)
    margin = 0.12 * (high - low) or 0.05
    return low - margin, high + margin


def _draw_bound(picture: go.Figure, across: Range, up: Range) -> None:
    """The line on which nothing is left to learn: error = gap + train error, so no point lies below it."""
    ends = max(across[0], up[0], 0.0), min(across[1], up[1])
    if ends[0] < ends[1]:
        picture.add_scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": GREY, "dash": "dot", "width": 1.5},
            name="train error 0: all of the test error is gap",
            showlegend=True,
            hoverinfo="skip",
        )


def _draw_point(picture: go.Figure, row: Row, style: Style) -> None:
    picture.add_scatter(
        x=[row["gap_score"]],
        y=[_error(row, row["test_score"])],
        error_x=whiskers([row], "gap_score", style.color),
        error_y=whiskers([row], "test_score", style.color),
        mode="markers",
        marker={"color": style.color, "symbol": style.marker, "size": 10},
        name=label(row["method"]),
        showlegend=False,
        hovertemplate="gap %{x:.4g}<br>%{yaxis.title.text} %{y:.4g}",
    )


def _draw_labels(picture: go.Figure, rows: Sequence[Row], style: Mapping[str, Style], across: Range, up: Range) -> None:
    margin = picture.layout.margin
    width, height = WIDTH - margin.l - margin.r, HEIGHT - margin.t - margin.b

    def pixels(gap: float, error: float) -> tuple[float, float]:
        return (
            width * (gap - across[0]) / (across[1] - across[0]),
            height * (up[1] - error) / (up[1] - up[0]),
        )

    points = [pixels(row["gap_score"], _error(row, row["test_score"])) for row in rows]
    obstacles = [Box(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    for row, (x, y) in zip(rows, points, strict=True):
        for gap in _reach(row, "gap_score"):
            end = x + WIDEST * (pixels(gap, 0.0)[0] - x)  # a wide page stretches the bars, not the way to the names
            obstacles.append(Box(min(x, end), y - 3, max(x, end), y + 3))
        for score in _reach(row, "test_score"):
            _, end = pixels(0.0, _error(row, score))
            obstacles.append(Box(x - 3, min(y, end), x + 3, max(y, end)))
    texts = [row["method"] for row in rows]
    places = place_labels(points, texts, obstacles, Box(0, 0, width, height))
    for row, (x, y) in zip(rows, places, strict=True):
        color = style[row["method"]].color
        picture.add_annotation(
            x=row["gap_score"],
            y=_error(row, row["test_score"]),
            text=label(row["method"]),
            name=label(row["method"]),
            ax=x,
            ay=y,
            arrowcolor=color,
            arrowwidth=0.7,
            arrowhead=0,
            standoff=7,
        )
