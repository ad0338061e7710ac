"""Training curves of the measured runs: the mean over seeds of loss and score over the steps."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from sharegap.leaderboard.figures.style import Style, escape, make_figure

HEIGHT = 570
SPLITS = ("train", "validation")
METRICS = ("loss", "score")


@dataclass(frozen=True)
class Curve:
    """The mean over a method's runs of one metric on one split."""

    method: str
    split: str
    metric: str
    steps: list[int]
    values: list[float]


def draw_training_curves(selected_runs: pl.DataFrame, styles: Mapping[str, Style]) -> go.Figure | None:
    """Draw one line per method of a study's selected runs: train on the left, validation on the right."""
    curves = _mean_curves(selected_runs)
    if not curves:
        return None
    splits = sorted({curve.split for curve in curves})  # alphabetical, as in SPLITS
    figure = make_subplots(
        rows=2,
        cols=len(splits),
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
        column_titles=splits,
        figure=make_figure(HEIGHT, legend={"orientation": "h", "y": -0.18}, bottom=100),
    )
    in_legend: set[str] = set()
    for curve in curves:
        panel = {"row": METRICS.index(curve.metric) + 1, "col": splits.index(curve.split) + 1}
        _draw_curve(figure, curve, styles[curve.method], panel, showlegend=curve.method not in in_legend)
        in_legend.add(curve.method)
    figure.update_xaxes(title="step", row=2)
    first = selected_runs.row(0, named=True)
    loss_range = _range(curves, "loss", higher_is_better=False)
    score_range = _range(curves, "score", higher_is_better=first["higher_is_better"])
    figure.update_yaxes(title="loss", range=loss_range, row=1, col=1)
    figure.update_yaxes(title=escape(first["score_name"]), range=score_range, row=2, col=1)
    return figure


def _mean_curves(selected_runs: pl.DataFrame) -> list[Curve]:
    """The curves that have a point."""
    curves = []
    for (method,), runs in selected_runs.group_by("method", maintain_order=True):
        rows = runs.to_dicts()
        for split in SPLITS:
            for metric in METRICS:
                steps, values = _mean_over_runs(rows, f"curve_{split}_{metric}")
                if steps:
                    curves.append(Curve(str(method), split, metric, steps, values))
    return curves


def _mean_over_runs(runs: Sequence[Mapping[str, Any]], column: str) -> tuple[list[int], list[float]]:
    """The steps that all runs have, and the means: a mean over the remaining runs would jump."""
    values_at: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        for step, value in zip(run["curve_step"] or [], run[column] or [], strict=False):
            if value is not None and math.isfinite(value):
                values_at[step].append(value)
    steps, means = [], []
    for step, values in sorted(values_at.items()):
        if len(values) == len(runs):
            steps.append(step)
            means.append(sum(values) / len(values))
    return steps, means


def _range(curves: Sequence[Curve], metric: str, *, higher_is_better: bool) -> tuple[float, float] | None:
    """From the lowest to the highest point, without lines that are far worse than the others.

    Plotly's own range of a row is wrong if the other row has a given one.
    """
    lows, highs = [], []
    for curve in curves:
        if curve.metric == metric:
            lows.append(min(curve.values))
            highs.append(max(curve.values))
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


def _draw_curve(figure: go.Figure, curve: Curve, style: Style, panel: Mapping[str, int], *, showlegend: bool) -> None:
    figure.add_scatter(
        x=curve.steps,
        y=curve.values,
        mode="lines+markers",
        line={"color": style.color, "dash": style.dash, "width": 1.8},
        marker={"symbol": style.marker, "size": 5},
        name=escape(curve.method),
        legendgroup=escape(curve.method),
        showlegend=showlegend,
        hovertemplate="step %{x}: %{y:.4g}",
        **panel,
    )
