"""Training curves of the measured runs: means over seeds of loss and score, by step and of test against train."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from sharegap.leaderboard.figures.style import GREY, Style, escape, make_figure
from sharegap.results.schema import SPLITS

HEIGHT = 570
AGAINST = "test against train"
PANELS = ("train", "validation", AGAINST)
METRICS = ("loss", "score")


@dataclass(frozen=True)
class Curve:
    """The mean over a method's runs of one metric: on one split over steps, or on test over that on train."""

    method: str
    panel: str
    metric: str
    x: Sequence[float]
    y: Sequence[float]


def draw_training_curves(selected_runs: pl.DataFrame, styles: Mapping[str, Style]) -> go.Figure | None:
    """Draw one line per method of a study's selected runs: train, validation, and test against train on the right.

    There, both axes of a panel have one range, so the distance from the diagonal is the gap.
    """
    curves = _mean_curves(selected_runs)
    if not curves:
        return None
    panels = [panel for panel in PANELS if any(curve.panel == panel for curve in curves)]
    figure = make_subplots(
        rows=2,
        cols=len(panels),
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.12,
        column_titles=panels,
        figure=make_figure(HEIGHT, legend={"orientation": "h", "y": -0.18}, bottom=100),
    )
    in_legend: set[str] = set()
    for curve in curves:
        place = {"row": METRICS.index(curve.metric) + 1, "col": panels.index(curve.panel) + 1}
        _draw_curve(figure, curve, styles[curve.method], place, showlegend=curve.method not in in_legend)
        in_legend.add(curve.method)
    figure.update_xaxes(title="step", row=2)
    first = selected_runs.row(0, named=True)
    names = {"loss": "loss", "score": escape(first["score_name"])}
    directions = {"loss": False, "score": first["higher_is_better"]}
    for row, metric in enumerate(METRICS, 1):
        limits = _range(curves, metric, higher_is_better=directions[metric])
        figure.update_yaxes(title=names[metric], range=limits, row=row, col=1)
        if limits and AGAINST in panels:
            _draw_diagonal(figure, f"train {names[metric]}", limits, {"row": row, "col": len(panels)})
    return figure


def _mean_curves(selected_runs: pl.DataFrame) -> list[Curve]:
    """The curves that have a point."""
    curves = []
    for (method,), runs in selected_runs.group_by("method", maintain_order=True):
        rows = runs.to_dicts()
        for metric in METRICS:
            train, validation, test = (_mean_over_runs(rows, f"curve_{split}_{metric}") for split in SPLITS)
            against = [(train[step], value) for step, value in test.items() if step in train]
            for panel, points in zip(PANELS, (train.items(), validation.items(), against), strict=True):
                if points:
                    x, y = zip(*points, strict=True)
                    curves.append(Curve(str(method), panel, metric, x, y))
    return curves


def _mean_over_runs(runs: Sequence[Mapping[str, Any]], column: str) -> dict[float, float]:
    """The means by step, of the steps that all runs have: a mean over the remaining runs would jump."""
    values_at: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        for step, value in zip(run["curve_step"] or [], run[column] or [], strict=False):
            if value is not None and math.isfinite(value):
                values_at[step].append(value)
    means: dict[float, float] = {}
    for step, values in sorted(values_at.items()):
        if len(values) == len(runs):
            means[step] = sum(values) / len(values)
    return means


def _range(curves: Sequence[Curve], metric: str, *, higher_is_better: bool) -> tuple[float, float] | None:
    """From the lowest to the highest point, without lines that are far worse than the others.

    Plotly's own range of a row is wrong if the other row has a given one.
    """
    lows, highs = [], []
    for curve in curves:
        if curve.metric == metric:
            lows.append(min(curve.y))
            highs.append(max(curve.y))
    if not lows:
        return None
    best = max(highs) if higher_is_better else min(lows)
    if metric == "loss":
        best = 0.0
    distances = np.abs(best - np.array(lows if higher_is_better else highs))
    span = float(min(distances.max(), 2 * np.median(distances)))
    margin = 0.05 * span or 0.05  # all curves may have one value
    low, high = (best - span, best) if higher_is_better else (best, best + span)
    return low - margin, high + margin


def _draw_diagonal(figure: go.Figure, title: str, limits: tuple[float, float], place: Mapping[str, int]) -> None:
    """Give the panel's x axis the range of its y axis, and show where both are equal."""
    # Unlike steps, losses and scores are no common axis of a column.
    axis = {"range": limits, "matches": None, "showticklabels": True}
    figure.update_xaxes(title=title, title_standoff=0, **axis, **place)
    ends = {"x0": limits[0], "y0": limits[0], "x1": limits[1], "y1": limits[1]}
    figure.add_shape(type="line", **ends, layer="below", line={"color": GREY, "width": 1, "dash": "dot"}, **place)


def _draw_curve(figure: go.Figure, curve: Curve, style: Style, place: Mapping[str, int], *, showlegend: bool) -> None:
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines+markers",
        line={"color": style.color, "dash": style.dash, "width": 1.8},
        marker={"symbol": style.marker, "size": 5},
        name=escape(curve.method),
        legendgroup=escape(curve.method),
        showlegend=showlegend,
        hovertemplate="%{y:.4g} at %{x:.4~g}",
        **place,
    )
