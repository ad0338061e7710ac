"""Test score and gap over the strength: one column of panels per method that has strengths to choose from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sharegap.leaderboard import cells
from sharegap.leaderboard.figures.style import GREY, Style, figure, label, whiskers
from sharegap.results.table import BASELINE

MEASURES = ("test_score", "gap_score")
PER_LINE = 4  # methods side by side
ENDS = {"soft": ("independent", "hard")}
"""The methods whose path goes on to a strength of 0 and of infinity, and what these are called."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Path:
    """A method's rows along its axis; `places` are log10 of the strengths, the ends one step further."""

    method: str
    rows: list[Row]
    places: list[float]
    names: list[str]  # of the places


def strength_paths(
    by_strength: Sequence[Row], chosen: Mapping[str, float | None], style: Mapping[str, Style]
) -> go.Figure | None:
    """The study's rows of `by_strength`; `chosen` is the strength that validation chose for each method."""
    methods = list(dict.fromkeys(row["method"] for row in by_strength))
    rows = {method: [row for row in by_strength if row["method"] == method] for method in methods}
    paths = [_path(method, rows) for method in methods if len(rows[method]) > 1]
    if not paths:
        return None
    lines = math.ceil(len(paths) / PER_LINE)
    picture = _panels(paths, lines)
    for i, path in enumerate(paths):
        for j, measure in enumerate(MEASURES):
            place = {"row": 2 * (i // PER_LINE) + j + 1, "col": i % PER_LINE + 1}
            _draw(picture, path, measure, style[path.method], place)
            _mark(picture, path, measure, chosen.get(path.method), place, first=i == j == 0)
            _draw_baseline(picture, rows.get(BASELINE, []), measure, path, place, first=i == j == 0)
            if place["col"] == 1:
                name = f"test {path.rows[0]['score_name']}" if measure == "test_score" else "gap (train − test)"
                picture.update_yaxes(title=name, **place)
            picture.update_xaxes(tickvals=path.places, ticktext=path.names, showticklabels=j == 1, **place)
    return picture


def _panels(paths: Sequence[Path], lines: int) -> go.Figure:
    columns = min(len(paths), PER_LINE)
    titles = ["" for _ in range(2 * lines * columns)]
    for i, path in enumerate(paths):
        titles[2 * (i // PER_LINE) * columns + i % PER_LINE] = label(path.method)
    height = 100 + 460 * lines
    return make_subplots(
        rows=2 * lines,
        cols=columns,
        shared_yaxes=True,
        column_widths=[max(len(path.places) for path in paths[i::PER_LINE]) for i in range(columns)],
        horizontal_spacing=0.03,
        vertical_spacing=42 / height,
        subplot_titles=titles,
        # Below the strengths, which a narrow screen turns on their side.
        figure=figure(height, showlegend=True, legend={"orientation": "h", "y": -70 / height}, bottom=96),
    )


def _path(method: str, rows: Mapping[str, list[Row]]) -> Path:
    """The method's path, with the methods at its ends where it has such and the study has them."""
    own = sorted(rows[method], key=lambda row: _number(row["strength"]))
    logs = [math.log10(strength) for row in own if 0 < (strength := _number(row["strength"])) < math.inf]
    steps = [after - before for before, after in pairwise(logs)]
    step = max(median(steps), 0.2) if steps else 1.0
    left, right = min(logs, default=0.0) - step, max(logs, default=0.0) + step

    def place(strength: float) -> float:
        return left if strength <= 0 else right if strength == math.inf else math.log10(strength)

    points = [(place(_number(row["strength"])), cells.strength(row["strength"]), row) for row in own]
    if method in ENDS:
        independent, hard = ENDS[method]
        points = [(left, independent, row) for row in rows.get(BASELINE, [])] + points
        points += [(right, hard, row) for row in rows.get(hard, [])]
    places, names, drawn = zip(*points, strict=True)
    return Path(method, list(drawn), list(places), list(names))


def _number(strength: float | None) -> float:
    return 0.0 if strength is None or math.isnan(strength) else strength


def _draw(picture: go.Figure, path: Path, measure: str, style: Style, place: Mapping[str, int]) -> None:
    picture.add_scatter(
        x=path.places,
        y=[cells.finite(row[measure]) for row in path.rows],
        error_y=whiskers(path.rows, measure, style.color),
        mode="lines+markers",
        line={"color": style.color, "width": 1.8},
        marker={"symbol": style.marker, "size": 7},
        name=label(path.method),
        text=path.names,
        hovertemplate="strength %{text}: %{y:.4f}",
        showlegend=False,
        **place,
    )


def _mark(
    picture: go.Figure, path: Path, measure: str, chosen: float | None, place: Mapping[str, int], first: bool
) -> None:
    points = [
        (x, cells.finite(row[measure]))
        for x, row in zip(path.places, path.rows, strict=True)
        if row["method"] == path.method and row["strength"] == chosen
    ]
    picture.add_scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        marker={"symbol": "circle-open", "size": 17, "color": GREY, "line": {"width": 2}},
        name="chosen on validation",
        legendgroup="chosen",
        showlegend=first,
        hoverinfo="skip",
        **place,
    )


def _draw_baseline(
    picture: go.Figure,
    baseline: Sequence[Row],
    measure: str,
    path: Path,
    place: Mapping[str, int],
    first: bool,
) -> None:
    if baseline and (height := cells.finite(baseline[0][measure])) is not None:
        picture.add_scatter(
            x=[min(path.places), max(path.places)],
            y=[height, height],
            mode="lines",
            line={"color": GREY, "dash": "dot", "width": 1.5},
            name=BASELINE,
            legendgroup="baseline",
            showlegend=first,
            hoverinfo="skip",
            **place,
        )
