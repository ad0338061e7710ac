"""Test error against what it costs: unique parameters, and seconds of training."""

from typing import Any

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.encodings import (
    QUIET,
    Figure,
    Styles,
    describe,
    format_interval,
    intervals,
    make_chart,
    method_channels,
)
from sharegap.leaderboard.figures.error_vs_gap import add_errors
from sharegap.results.pareto import pareto_front
from sharegap.results.study_errors import error_formula

PANEL = {"width": 290, "height": 290}
COSTS = {"unique_parameters": "unique parameters", "train_seconds_per_run": "seconds per run"}


def draw_cost(leaderboard: pl.DataFrame, styles: Styles) -> Figure | None:
    """Draw the test error of a study's methods against each cost on a logarithmic axis, with the Pareto fronts."""
    scored = leaderboard.filter(pl.col("test_score").is_not_null())
    if scored.is_empty():
        return None
    rows = add_errors(scored)
    panels: list[Figure] = []
    for cost in COSTS:
        costly = rows.filter(pl.col(cost) > 0)
        if not costly.is_empty():
            panels.append(_draw_panel(costly, cost, styles, has_title=not panels))
    return alt.hconcat(*panels) if panels else None


def _draw_panel(rows: pl.DataFrame, cost: str, styles: Styles, *, has_title: bool) -> Figure:
    first = rows.row(0, named=True)
    formula = f"test error ({error_formula(first['score_name'], first['higher_is_better'])})"
    points = [_make_point(row, cost) for row in rows.to_dicts()]
    is_on_front = pareto_front(rows[cost].to_numpy(), rows["error"].to_numpy())
    front = sorted((point for point, is_on in zip(points, is_on_front, strict=True) if is_on), key=_cost_of)
    log = alt.Scale(type="log", nice=False, padding=45)
    x = alt.X("cost:Q", title=COSTS[cost], scale=log, axis=alt.Axis(format="~s", tickCount=5))
    y = alt.Y("error:Q", title=formula if has_title else None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=6))
    channels = method_channels(rows["method"], styles, "color", "shape")
    color = {name: channels[name] for name in ("color", "description")}
    low = y.copy()
    low.shorthand = "error_low:Q"
    label = {"text": "method:N", "description": channels["description"]}
    step: dict[str, Any] = {"color": QUIET, "interpolate": "step-after", "strokeDash": [4, 3], "aria": False}
    return alt.layer(
        make_chart(front).mark_line(**step).encode(x=x, y=y),
        make_chart(intervals(points, "error")).mark_rule().encode(x=x, y=low, y2="error_high:Q", **color),
        make_chart(points).mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, **channels),
        make_chart(front).mark_text(align="left", dx=7, dy=9).encode(x=x, y=y, **label),
    ).properties(**PANEL)


def _cost_of(point: dict[str, Any]) -> float:
    return float(point["cost"])


def _make_point(row: dict[str, Any], cost: str) -> dict[str, Any]:
    details = f"{row[cost]:,.4g} {COSTS[cost]}, test error {format_interval(row, 'error')}"
    values = {name: row[name] for name in ("method", "error", "error_low", "error_high")}
    return values | {"cost": row[cost], "description": describe(row["method"], details)}
