"""Learning curves over the training-set size, and how many times the data the baseline needs at each size."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from sharegap.leaderboard.figures.style import GREY, Style, error_bars, escape, make_figure
from sharegap.results.learning_curves import FACTORS

HEIGHT = 420
SHIFT = 0.012
"""Relative horizontal distance between methods, whose intervals would cover each other."""
Styles = Mapping[str, Style]


def draw_learning_curves(rows: pl.DataFrame, styles: Styles, formula: str) -> go.Figure | None:
    """Draw the test errors of one series, a line per method.

    Args:
        rows: Rows of results.sample_efficiency, each of one training-set size.
        styles: The style of each method.
        formula: How the test error is computed, such as `1 − accuracy`.
    """
    rows = rows.filter(pl.col("test_error") > 0)
    if rows.is_empty():
        return None
    figure = _empty_figure(_sizes(rows))
    for (method,), method_rows in rows.group_by("method", maintain_order=True):
        figure.add_scatter(
            x=method_rows["n_train"].to_list(),
            y=method_rows["test_error"].to_list(),
            error_y=error_bars(method_rows, "test_error", styles[str(method)].color),
            hovertemplate="n_train %{x}: %{y:.4g}",
            **_line(str(method), styles[str(method)]),
        )
    figure.update_yaxes(title=f"test error ({escape(formula)})", type="log")
    return figure


def draw_factors(rows: pl.DataFrame, styles: Styles, baseline: str) -> go.Figure | None:
    """Draw the factors of the series, a line per method; bounds are hollow, and dotted lines limit what is known.

    Args:
        rows: Rows of results.sample_efficiency, each of one training-set size.
        styles: The style of each method.
        baseline: The method whose training-set sizes the factors multiply.
    """
    sizes = _sizes(rows)
    rows = rows.filter(pl.col("factor").is_not_null())
    if rows.is_empty():
        return None
    figure = _empty_figure(sizes)
    _draw_limits(figure, sizes, baseline)
    groups = rows.partition_by("method", maintain_order=True)
    for i, method_rows in enumerate(groups):
        # Shifted by a factor, since the axis is logarithmic.
        shift = (1 + SHIFT) ** (i - (len(groups) - 1) / 2)
        _draw_method(figure, method_rows, shift, styles[method_rows["method"][0]])
    values = rows.select(pl.concat_list(FACTORS).explode())["factor"].drop_nulls()
    low, high = math.log2(min(1.0, *values)), math.log2(max(1.0, *values))
    ticks = [2.0**power for power in range(math.floor(low), math.ceil(high) + 1)]
    figure.update_yaxes(
        title=f"times the data for {escape(baseline)}",
        type="log",
        range=[(low - 0.4) * math.log10(2), (high + 0.4) * math.log10(2)],
        tickvals=ticks,
        ticktext=[f"{tick:g}" for tick in ticks],
    )
    return figure


def _sizes(rows: pl.DataFrame) -> list[int]:
    return rows["n_train"].unique().sort().to_list()


def _draw_limits(figure: go.Figure, sizes: Sequence[int], baseline: str) -> None:
    """The baseline itself, and the factors beyond which its sizes do not reach."""
    size_array = np.array(sizes)
    for factors, dash, name in (
        (np.ones(len(sizes)), "solid", escape(baseline)),
        (sizes[-1] / size_array, "dot", "limits of what can be measured"),
        (sizes[0] / size_array, "dot", ""),
    ):
        figure.add_scatter(
            x=sizes,
            y=factors.tolist(),
            mode="lines",
            line={"color": GREY, "dash": dash, "width": 1.5},
            name=name,
            showlegend=bool(name),
            hoverinfo="skip",
        )


def _draw_method(figure: go.Figure, rows: pl.DataFrame, shift: float, style: Style) -> None:
    """A line through the known factors, and hollow points at bounds."""
    method = rows["method"][0]
    line = _line(method, style) | {"legendgroup": escape(method)}
    hollow = line["marker"] | {"symbol": f"{style.marker}-open"}
    texts = []
    for row in rows.to_dicts():
        texts.append(f"n_train {row['n_train']}: {row['factor_bound'] or ''} {row['factor']:.3g}")
    for is_bound, layout in (
        (False, line),
        (True, line | {"mode": "markers", "marker": hollow, "showlegend": False}),
    ):
        factors = pl.when(pl.col("factor_bound").is_not_null() == is_bound).then("factor")
        figure.add_scatter(
            x=(rows["n_train"] * shift).to_list(),
            y=rows.select(factors).to_series().to_list(),
            error_y=_asymmetric_error_bars(rows, style.color),
            text=texts,
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


def _asymmetric_error_bars(rows: pl.DataFrame, color: str) -> dict[str, Any]:
    """Bars from the factors to the ends of their intervals."""
    bars = {"type": "data", "symmetric": False, "color": color, "thickness": 1.5, "width": 4}
    above, below = (rows["factor_high"] - rows["factor"]).abs(), (rows["factor_low"] - rows["factor"]).abs()
    return bars | {"array": above.to_list(), "arrayminus": below.to_list()}
