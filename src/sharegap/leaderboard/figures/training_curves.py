"""Training curves of the measured runs: means over seeds of loss and score, by step and of test against train."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from sharegap.leaderboard.figures.encodings import QUIET, Figure, Styles, describe, make_chart, method_channels
from sharegap.results.schema import SPLITS

PANEL = {"width": 190, "height": 190}
AGAINST = "test against train"
PANELS = ("train", "validation", AGAINST)
METRICS = ("loss", "score")
MAX_POINTS = 16
"""Of a line: more would not be seen, and make the page large."""


@dataclass(frozen=True)
class Curve:
    """The mean over a method's runs of one metric: on one split over steps, or on test over that on train."""

    method: str
    panel: str
    metric: str
    x: Sequence[float]
    y: Sequence[float]


def draw_training_curves(selected_runs: pl.DataFrame, styles: Styles) -> Figure | None:
    """Draw one line per method of a study's selected runs: train, validation, and test against train on the right.

    There, both axes of a panel have one range, so the distance from the diagonal is the gap.
    """
    curves = mean_curves(selected_runs)
    if not curves:
        return None
    channels = method_channels([curve.method for curve in curves], styles, "color", "strokeDash")
    first = selected_runs.row(0, named=True)
    names = {"loss": "loss", "score": first["score_name"]}
    directions = {"loss": False, "score": first["higher_is_better"]}
    rows = []
    for metric in METRICS:
        limits = limit(curves, metric, higher_is_better=directions[metric])
        panels: list[Figure] = []
        for panel in PANELS:
            drawn = [curve for curve in curves if (curve.metric, curve.panel) == (metric, panel)]
            if drawn and limits:
                panels.append(_draw_panel(drawn, names[metric], limits, channels, has_title=not panels))
        if panels:
            rows.append(alt.hconcat(*panels))
    return alt.vconcat(*rows)


def mean_curves(selected_runs: pl.DataFrame) -> list[Curve]:
    """Return the curves that have a point."""
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


def limit(curves: Sequence[Curve], metric: str, *, higher_is_better: bool) -> tuple[float, float] | None:
    """Return the range of a metric's curves, from their lowest to their highest point.

    Lines that are far worse than the others are cut off: one method would flatten all others.

    Args:
        curves: All curves of the picture.
        metric: `loss` or `score`.
        higher_is_better: Direction of the metric.
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


def _draw_panel(
    curves: Sequence[Curve], name: str, limits: tuple[float, float], channels: Mapping[str, Any], *, has_title: bool
) -> Figure:
    panel, metric = curves[0].panel, curves[0].metric
    rows = []
    for curve in curves:
        description = describe(curve.method, f"{name} {curve.y[-1]:.4g} at the end")
        for i in np.unique(np.linspace(0, len(curve.x) - 1, MAX_POINTS).round().astype(int)):
            rows.append(
                {"method": curve.method, "x": curve.x[i], "y": curve.y[i], "order": int(i), "description": description}
            )
    scale = alt.Scale(domain=limits, nice=False, zero=False)
    y = alt.Y("y:Q", title=name if has_title else None, scale=scale, axis=alt.Axis(labels=has_title, tickCount=5))
    steps = alt.X("x:Q", title="step" if metric == METRICS[-1] else None, axis=alt.Axis(tickCount=4, format="~s"))
    train = alt.X("x:Q", title=f"train {name}", scale=scale, axis=alt.Axis(tickCount=4))
    lines = make_chart(rows).mark_line(clip=True)
    lines = lines.encode(x=train if panel == AGAINST else steps, y=y, order="order:Q", **channels)
    title = panel if metric == METRICS[0] else ""
    if panel != AGAINST:
        return lines.properties(title=title, **PANEL)
    diagonal = make_chart([{"x": end, "y": end} for end in limits])
    diagonal = diagonal.mark_line(color=QUIET, strokeDash=[2, 3], strokeWidth=1, aria=False)
    return alt.layer(diagonal.encode(x="x:Q", y="y:Q"), lines).properties(title=title, **PANEL)
