"""Learning curves over the training-set size, and how many times as many samples `none` needs at each of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sharegap.leaderboard.cells import finite
from sharegap.leaderboard.figures.style import GREY, Style, figure, label, whiskers
from sharegap.results.learning_curves import FACTORS
from sharegap.results.paired import BASELINE

HEIGHT = 420
APART = 0.012  # of a size, between two methods whose intervals would cover each other
Row = Mapping[str, Any]


def learning_curves(rows: Sequence[Row], style: Mapping[str, Style]) -> go.Figure | None:
    """The test errors of one series, a line per method; `rows` are of results.sample_efficiency, each of one size."""
    rows = [row for row in rows if (error := finite(row["test_error"])) is not None and error > 0]
    if not rows:
        return None
    picture = _empty(sorted({row["n_train"] for row in rows}))
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        picture.add_scatter(
            x=[row["n_train"] for row in own],
            y=[row["test_error"] for row in own],
            error_y=whiskers(own, "test_error", style[method].color),
            hovertemplate="n_train %{x}: %{y:.4g}",
            **_line(method, style[method]),
        )
    picture.update_yaxes(title="test error", type="log")
    return picture


def factor_curves(rows: Sequence[Row], style: Mapping[str, Style]) -> go.Figure | None:
    """The factors of the series, a line per method; bounds are hollow, dotted how far the sizes of none reach."""
    sizes = sorted({row["n_train"] for row in rows})
    rows = [row for row in rows if finite(row["factor"]) is not None]
    if not rows:
        return None
    picture = _empty(sizes)
    _draw_sight(picture, sizes)
    methods = list(dict.fromkeys(row["method"] for row in rows))
    for place, method in enumerate(methods):
        own = [row for row in rows if row["method"] == method]
        _draw_factors(picture, own, (1 + APART) ** (place - (len(methods) - 1) / 2), style[method])
    reached = [1.0] + [value for row in rows for name in FACTORS if (value := finite(row[name])) is not None]
    low, high = math.log2(min(reached)), math.log2(max(reached))
    powers = range(math.floor(low), math.ceil(high) + 1)
    picture.update_yaxes(
        title="times as many samples for none",
        type="log",
        range=[(end + margin) * math.log10(2) for end, margin in ((low, -0.4), (high, 0.4))],
        tickvals=[2.0**power for power in powers],
        ticktext=[f"{2.0**power:g}" for power in powers],
    )
    return picture


def _draw_sight(picture: go.Figure, sizes: Sequence[int]) -> None:
    """Where none itself is, and the factors beyond which nothing is known."""
    for factors, dash, name in (
        ([1.0 for _ in sizes], "solid", BASELINE),
        ([sizes[-1] / size for size in sizes], "dot", "most and least that can be seen"),
        ([sizes[0] / size for size in sizes], "dot", ""),
    ):
        picture.add_scatter(
            x=sizes,
            y=factors,
            mode="lines",
            line={"color": GREY, "dash": dash, "width": 1.5},
            name=name,
            showlegend=bool(name),
            hoverinfo="skip",
        )


def _draw_factors(picture: go.Figure, rows: Sequence[Row], aside: float, style: Style) -> None:
    """One method's: a line through what is known, and hollow points at bounds."""
    line = _line(rows[0]["method"], style) | {"legendgroup": label(rows[0]["method"])}
    marker = line["marker"]
    for bound, looks in (
        (False, line),
        (True, line | {"mode": "markers", "marker": marker | {"symbol": f"{style.marker}-open"}, "showlegend": False}),
    ):
        picture.add_scatter(
            x=[row["n_train"] * aside for row in rows],
            y=[row["factor"] if bool(row["factor_bound"]) == bound else None for row in rows],
            error_y=_reach(rows, style.color),
            text=[f"n_train {row['n_train']}: {row['factor_bound'] or ''} {row['factor']:.3g}" for row in rows],
            hovertemplate="%{text}",
            **looks,
        )


def _empty(sizes: Sequence[int]) -> go.Figure:
    picture = figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    picture.update_xaxes(
        title="training samples", type="log", tickvals=list(sizes), ticktext=[f"{size:,}" for size in sizes]
    )
    return picture


def _line(method: str, style: Style) -> dict[str, Any]:
    return {
        "mode": "lines+markers",
        "line": {"color": style.color, "dash": style.dash, "width": 1.8},
        "marker": {"symbol": style.marker, "size": 8},
        "name": label(method),
        "showlegend": True,
    }


def _reach(rows: Sequence[Row], color: str) -> dict[str, Any]:
    """Bars from the factors to the ends of their intervals, or to where these leave sight."""

    def lengths(end: str) -> list[float | None]:
        ends = [finite(row[f"factor_{end}"]) for row in rows]
        return [None if to is None else abs(to - row["factor"]) for to, row in zip(ends, rows, strict=True)]

    bars = {"type": "data", "symmetric": False, "color": color, "thickness": 1.5, "width": 4}
    return bars | {"array": lengths("high"), "arrayminus": lengths("low")}
