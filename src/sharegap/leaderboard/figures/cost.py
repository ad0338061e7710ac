"""Test error against what it costs: unique parameters, and seconds of training."""

from typing import Any

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.encodings import QUIET, Figure, Styles, describe, format_interval, make_chart
from sharegap.leaderboard.figures.error_vs_gap import add_errors
from sharegap.leaderboard.figures.scatter import draw_points, make_axis
from sharegap.results.pareto import pareto_front
from sharegap.results.study_errors import error_formula

SIZE = 290
COSTS = {"unique_parameters": "unique parameters", "train_seconds_per_run": "seconds per run"}


def draw_cost(leaderboard: pl.DataFrame, styles: Styles) -> Figure | None:
    """Draw the test error of a study's methods against each cost on a logarithmic axis, with the Pareto fronts."""
    scored = leaderboard.filter(pl.col("test_score").is_not_null())
    if scored.is_empty():
        return None
    rows = add_errors(scored)
    first = rows.row(0, named=True)
    title = f"test error ({error_formula(first['score_name'], first['higher_is_better'])})"
    panels: list[Figure] = []
    for cost in COSTS:
        points = [_make_point(row, cost) for row in rows.filter(pl.col(cost) > 0).to_dicts()]
        if points:
            panels.append(_draw_panel(points, COSTS[cost], None if panels else title, styles))
    return alt.hconcat(*panels) if panels else None


def _draw_panel(points: list[dict[str, Any]], x_title: str, y_title: str | None, styles: Styles) -> Figure:
    x_axis, y_axis = make_axis(points, "x", SIZE, is_log=True), make_axis(points, "y", SIZE)
    ticks = alt.Axis(format="~s", tickCount=4, grid=False)
    x = alt.X("x:Q", title=x_title, scale=x_axis.scale, axis=ticks)
    y = alt.Y("y:Q", title=y_title, scale=y_axis.scale, axis=alt.Axis(tickCount=6))
    table = pl.DataFrame(points)
    front = table.filter(pareto_front(table["x"].to_numpy(), table["y"].to_numpy())).sort("x")
    step = make_chart(front.select("x", "y"))
    step = step.mark_line(color=QUIET, interpolate="step-after", strokeDash=[4, 3], aria=False).encode(x=x, y=y)
    points_on_it = front["method"].to_list()
    layers = draw_points(points, x, y, axes=(x_axis, y_axis), styles=styles, named=points_on_it, legend=True)
    return alt.layer(step, *layers).properties(width=SIZE, height=SIZE)


def _make_point(row: dict[str, Any], cost: str) -> dict[str, Any]:
    details = f"{row[cost]:,.4g} {COSTS[cost]}, test error {format_interval(row, 'error')}"
    point = {"method": row["method"], "description": describe(row["method"], details)}
    point |= {"x": row[cost], "x_low": None, "x_high": None}
    return point | {f"y{end}": row[f"error{end}"] for end in ("", "_low", "_high")}
