"""Training curves at the chosen strengths: the mean over seeds of loss and score over the steps."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from sharegap.leaderboard.figures.style import Style, figure, label

HEIGHT = 570
SPLITS = ("train", "validation")
FIGURES = ("loss", "score")
Line = list[tuple[int, float]]


def training_curves(selected_runs: pl.DataFrame, style: Mapping[str, Style]) -> go.Figure | None:
    """The study's runs at the `selected_runs` strengths, one line per method: train left, validation right."""
    lines = {
        (str(method), part, measure): _mean_curve(runs.to_dicts(), part, measure)
        for (method,), runs in selected_runs.group_by("method", maintain_order=True)
        for part in SPLITS
        for measure in FIGURES
    }
    parts = [part for part in SPLITS if any(line for (_, of, _), line in lines.items() if of == part)]
    if not parts:
        return None
    picture = make_subplots(
        rows=2,
        cols=len(parts),
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
        column_titles=parts,
        figure=figure(HEIGHT, legend={"orientation": "h", "y": -0.18}, bottom=100),
    )
    named: set[str] = set()
    for (method, part, measure), line in lines.items():
        if line:
            _draw(
                picture,
                line,
                method,
                style[method],
                (FIGURES.index(measure) + 1, parts.index(part) + 1),
                named,
            )
    picture.update_xaxes(title="step", row=2)
    higher = {"loss": False, "score": selected_runs["higher_is_better"][0]}
    for row, (measure, title) in enumerate(
        zip(FIGURES, ("loss", selected_runs["score_name"][0]), strict=True), start=1
    ):
        picture.update_yaxes(title=label(title), range=_range(lines, measure, higher[measure]), row=row, col=1)
    return picture


def _mean_curve(runs: Sequence[Mapping[str, Any]], part: str, measure: str) -> Line:
    """The mean over runs at each step that all of them have; a mean over the rest would jump."""
    values: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        for step, value in zip(run["curve_step"] or [], run[f"curve_{part}_{measure}"] or [], strict=False):
            if value is not None and math.isfinite(value):
                values[step].append(value)
    return [(step, sum(found) / len(found)) for step, found in sorted(values.items()) if len(found) == len(runs)]


def _range(
    lines: Mapping[tuple[str, str, str], Line], measure: str, higher_is_better: bool
) -> tuple[float, float] | None:
    """From the lowest to the highest point; what is far worse than the other lines' worst leaves the picture.

    Plotly's own range of a row is wrong where the other row has a given one.
    """
    drawn = [[value for _, value in line] for (_, _, of), line in lines.items() if of == measure and line]
    if not drawn:
        return None
    best = 0.0 if measure == "loss" else max(map(max, drawn)) if higher_is_better else min(map(min, drawn))
    worst = [abs(best - (min(values) if higher_is_better else max(values))) for values in drawn]
    reach = min(max(worst), 2 * median(worst))
    margin = 0.05 * reach or 0.05
    low, high = (best - reach, best) if higher_is_better else (best, best + reach)
    return low - margin, high + margin


def _draw(picture: go.Figure, line: Line, method: str, style: Style, place: tuple[int, int], named: set[str]) -> None:
    steps, values = zip(*line, strict=True)
    picture.add_scatter(
        x=steps,
        y=values,
        mode="lines+markers",
        line={"color": style.color, "dash": style.dash, "width": 1.8},
        marker={"symbol": style.marker, "size": 5},
        name=label(method),
        legendgroup=label(method),
        showlegend=method not in named,
        hovertemplate="step %{x}: %{y:.4g}",
        row=place[0],
        col=place[1],
    )
    named.add(method)
