"""Learning curves over the training-set size, and how many times the data the baseline needs at each size."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import GREY, Style, error_bars, escape, make_figure
from sharegap.results.learning_curves import FACTORS

HEIGHT = 420
SHIFT = 0.012
"""Relative horizontal distance between methods, whose intervals would cover each other."""
Row = Mapping[str, Any]
Styles = Mapping[str, Style]


def draw_learning_curves(rows: Sequence[Row], styles: Styles) -> go.Figure | None:
    """Draw the test errors of one series, a line per method.

    Args:
        rows: Rows of results.sample_efficiency, each of one training-set size.
        styles: The style of each method.
    """
    rows = [row for row in rows if row["test_error"] is not None and row["test_error"] > 0]
    if not rows:
        return None
    figure = _empty_figure(sorted({row["n_train"] for row in rows}))
    for method, method_rows in _group_by_method(rows).items():
        figure.add_scatter(
            x=[row["n_train"] for row in method_rows],
            y=[row["test_error"] for row in method_rows],
            error_y=error_bars(method_rows, "test_error", styles[method].color),
            hovertemplate="n_train %{x}: %{y:.4g}",
            **_line(method, styles[method]),
        )
    figure.update_yaxes(title="test error", type="log")
    return figure


def draw_factors(rows: Sequence[Row], styles: Styles, baseline: str) -> go.Figure | None:
    """Draw the factors of the series, a line per method; bounds are hollow, and dotted lines limit what is known."""
    sizes = sorted({row["n_train"] for row in rows})
    rows = [row for row in rows if row["factor"] is not None]
    if not rows:
        return None
    figure = _empty_figure(sizes)
    _draw_limits(figure, sizes, baseline)
    groups = _group_by_method(rows)
    for i, (method, method_rows) in enumerate(groups.items()):
        shift = (1 + SHIFT) ** (i - (len(groups) - 1) / 2)
        _draw_method(figure, method_rows, shift, styles[method])
    values = [1.0]
    for row in rows:
        values += [row[name] for name in FACTORS if row[name] is not None]
    low, high = math.log2(min(values)), math.log2(max(values))
    ticks = [2.0**power for power in range(math.floor(low), math.ceil(high) + 1)]
    figure.update_yaxes(
        title=f"times the data for {escape(baseline)}",
        type="log",
        range=[(low - 0.4) * math.log10(2), (high + 0.4) * math.log10(2)],
        tickvals=ticks,
        ticktext=[f"{tick:g}" for tick in ticks],
    )
    return figure


def _group_by_method(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["method"], []).append(row)
    return groups


def _draw_limits(figure: go.Figure, sizes: Sequence[int], baseline: str) -> None:
    """The baseline itself, and the factors beyond which its sizes do not reach."""
    for reference, dash, name in (
        (None, "solid", escape(baseline)),
        (sizes[-1], "dot", "limits of what can be measured"),
        (sizes[0], "dot", ""),
    ):
        figure.add_scatter(
            x=sizes,
            y=[reference / size if reference else 1.0 for size in sizes],
            mode="lines",
            line={"color": GREY, "dash": dash, "width": 1.5},
            name=name,
            showlegend=bool(name),
            hoverinfo="skip",
        )


def _draw_method(figure: go.Figure, rows: Sequence[Row], shift: float, style: Style) -> None:
    """A line through the known factors, and hollow points at bounds."""
    line = _line(rows[0]["method"], style) | {"legendgroup": escape(rows[0]["method"])}
    hollow = line["marker"] | {"symbol": f"{style.marker}-open"}
    for is_bound, layout in (
        (False, line),
        (True, line | {"mode": "markers", "marker": hollow, "showlegend": False}),
    ):
        figure.add_scatter(
            x=[row["n_train"] * shift for row in rows],
            y=[row["factor"] if bool(row["factor_bound"]) == is_bound else None for row in rows],
            error_y=_asymmetric_error_bars(rows, style.color),
            text=[f"n_train {row['n_train']}: {row['factor_bound'] or ''} {row['factor']:.3g}" for row in rows],
            hovertemplate="%{text}",
            **layout,
        )


def _empty_figure(sizes: Sequence[int]) -> go.Figure:
    figure = make_figure(HEIGHT, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    labels = [f"{size:,}" for size in sizes]
    figure.update_xaxes(title="training samples", type="log", tickvals=list(sizes), ticktext=labels)
    return figure


def _line(method: str, style: Style) -> dict[str, Any]:
    return {
        "mode": "lines+markers",
        "line": {"color": style.color, "dash": style.dash, "width": 1.8},
        "marker": {"symbol": style.marker, "size": 8},
        "name": escape(method),
        "showlegend": True,
    }


def _asymmetric_error_bars(rows: Sequence[Row], color: str) -> dict[str, Any]:
    """Bars from the factors to the ends of their intervals."""
    bars = {"type": "data", "symmetric": False, "color": color, "thickness": 1.5, "width": 4}
    for key, end in (("array", "factor_high"), ("arrayminus", "factor_low")):
        bars[key] = [None if row[end] is None else abs(row[end] - row["factor"]) for row in rows]
    return bars
