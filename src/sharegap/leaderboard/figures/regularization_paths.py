"""What a method's strength does: the path from independent to hard sharing, and the other methods' paths."""

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
from sharegap.results.paired import BASELINE

SHARING, ENDS = "soft", (("independent", BASELINE), ("hard", "hard"))
"""The method whose path goes on to a strength of 0 and of infinity; what these are called, and their methods."""
ALONG_SHARING = ("test_score", "gap_score", "gap_loss", "relative_copy_distance", "cka")
MEASURES = ("test_score", "gap_score")
PER_LINE = 4  # methods side by side
Row = Mapping[str, Any]
Chosen = Mapping[str, float | None]
"""The strength that validation chose for each method."""


@dataclass(frozen=True)
class Path:
    """A method's rows along its axis; `places` are log10 of the strengths, the ends one step further."""

    method: str
    rows: list[Row]
    places: list[float]
    names: list[str]  # of the places


def sharing_path(by_strength: Sequence[Row], selected_runs: Chosen, style: Mapping[str, Style]) -> go.Figure | None:
    """The study's rows of `by_strength` from independent over soft to hard sharing, one panel per measure."""
    rows = _by_method(by_strength)
    path = _path(SHARING, rows) if SHARING in rows else None
    if path is None or len(path.rows) < 2:
        return None
    measures = [name for name in ALONG_SHARING if any(cells.finite(row[name]) is not None for row in path.rows)]
    if not measures:
        return None
    height = 120 + 150 * len(measures)
    picture = make_subplots(
        rows=len(measures),
        shared_xaxes=True,
        vertical_spacing=34 / height,
        subplot_titles=[_title(measure, path.rows[0]) for measure in measures],
        figure=_empty(height, below=40),
    )
    for i, measure in enumerate(measures):
        _draw(picture, path, measure, rows, selected_runs, style, {"row": i + 1, "col": 1}, first=i == 0)
    picture.update_xaxes(tickvals=path.places, ticktext=path.names)
    return picture


def strength_paths(by_strength: Sequence[Row], selected_runs: Chosen, style: Mapping[str, Style]) -> go.Figure | None:
    """The study's rows of `by_strength`, a column of panels for each other method with strengths to choose from."""
    rows = _by_method(by_strength)
    paths = [_path(method, rows) for method in rows if method != SHARING and len(rows[method]) > 1]
    if not paths:
        return None
    picture = _panels(paths)
    for i, path in enumerate(paths):
        for j, measure in enumerate(MEASURES):
            place = {"row": 3 * (i // PER_LINE) + j + 1, "col": i % PER_LINE + 1}
            _draw(picture, path, measure, rows, selected_runs, style, place, first=i == j == 0)
            if place["col"] == 1:
                picture.update_yaxes(title=_title(measure, path.rows[0]), **place)
            picture.update_xaxes(tickvals=path.places, ticktext=path.names, showticklabels=j == 1, **place)
    return picture


def _by_method(by_strength: Sequence[Row]) -> dict[str, list[Row]]:
    methods = dict.fromkeys(row["method"] for row in by_strength)
    return {method: [row for row in by_strength if row["method"] == method] for method in methods}


def _title(measure: str, row: Row) -> str:
    return {
        "test_score": f"test {label(row['score_name'])}",
        "gap_score": f"gap ({'train − test' if row['higher_is_better'] else 'test − train'})",
        "gap_loss": "gap in loss (test − train)",
        "relative_copy_distance": "distance of the copies",
        "cka": "CKA of the copies",
    }[measure]


def _empty(height: int, below: int) -> go.Figure:
    """The legend is as many pixels `below`: room for the strengths."""
    return figure(height, showlegend=True, legend={"orientation": "h", "y": -below / height}, bottom=below + 26)


def _panels(paths: Sequence[Path]) -> go.Figure:
    """Two rows of panels and an empty one per line of methods."""
    lines, columns = math.ceil(len(paths) / PER_LINE), min(len(paths), PER_LINE)
    titles = [""] * (2 * lines * columns)
    for i, path in enumerate(paths):
        titles[2 * (i // PER_LINE) * columns + i % PER_LINE] = label(path.method)
    heights = ([190, 190, 50] * lines)[:-1]
    height = sum(heights) + 20 * (len(heights) - 1) + 136
    return make_subplots(
        rows=len(heights),
        cols=columns,
        specs=[[None if i % 3 == 2 else {}] * columns for i in range(len(heights))],
        shared_yaxes=True,
        row_heights=heights,
        column_widths=[max(len(path.places) for path in paths[i::PER_LINE]) for i in range(columns)],
        horizontal_spacing=0.03,
        vertical_spacing=20 / height,
        subplot_titles=titles,
        # Narrow panels have their strengths turned on their side.
        figure=_empty(height, below=70),
    )


def _path(method: str, rows: Mapping[str, list[Row]]) -> Path:
    """The method's path; of sharing, with the methods at its ends where the study has them."""
    own = sorted(rows[method], key=lambda row: _number(row["strength"]))
    logs = [math.log10(strength) for row in own if 0 < (strength := _number(row["strength"])) < math.inf]
    steps = [after - before for before, after in pairwise(logs)]
    step = max(median(steps), 0.2) if steps else 1.0
    left, right = min(logs, default=0.0) - step, max(logs, default=0.0) + step

    def place(strength: float) -> float:
        return left if strength <= 0 else right if strength == math.inf else math.log10(strength)

    points = [(place(_number(row["strength"])), cells.strength(row["strength"]), row) for row in own]
    if method == SHARING:
        (independent, none), (shared, hard) = ENDS
        points = [(left, independent, row) for row in rows.get(none, [])] + points
        points += [(right, shared, row) for row in rows.get(hard, [])]
    places, names, drawn = zip(*points, strict=True)
    return Path(method, list(drawn), list(places), list(names))


def _number(strength: float | None) -> float:
    return 0.0 if strength is None or math.isnan(strength) else strength


def _draw(
    picture: go.Figure,
    path: Path,
    measure: str,
    rows: Mapping[str, Sequence[Row]],
    selected_runs: Chosen,
    styles: Mapping[str, Style],
    place: Mapping[str, int],
    first: bool,
) -> None:
    """One panel: the path, a ring around its chosen strength and the baseline's height; the `first` has a legend."""
    style = styles[path.method]
    picture.add_scatter(
        x=path.places,
        y=[cells.finite(row[measure]) for row in path.rows],
        error_y=whiskers(path.rows, measure, style.color),
        mode="lines+markers",
        line={"color": style.color, "width": 1.8},
        marker={"symbol": style.marker, "size": 7},
        name=label(path.method),
        text=path.names,
        hovertemplate="strength %{text}: %{y:.4g}",
        showlegend=False,
        **place,
    )
    _mark(picture, path, measure, selected_runs.get(path.method), place, first)
    _draw_baseline(picture, rows.get(BASELINE, []), measure, path, place, first)


def _mark(
    picture: go.Figure, path: Path, measure: str, selected_runs: float | None, place: Mapping[str, int], first: bool
) -> None:
    points = [
        (x, cells.finite(row[measure]))
        for x, row in zip(path.places, path.rows, strict=True)
        if row["method"] == path.method and row["strength"] == selected_runs
    ]
    picture.add_scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        marker={"symbol": "circle-open", "size": 17, "color": GREY, "line": {"width": 2}},
        name="chosen on validation",
        meta=label(path.method),
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
