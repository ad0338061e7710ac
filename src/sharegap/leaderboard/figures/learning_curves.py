"""Learning curves over the training-set size, and how many times the data the baseline needs at each size."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.encodings import (
    PAGE,
    QUIET,
    WIDTH,
    Figure,
    Styles,
    describe,
    format_interval,
    intervals,
    make_chart,
    method_channels,
)
from sharegap.results.learning_curves import FACTORS

HEIGHT = 340
SHIFT = 0.012
"""Relative horizontal distance between methods, whose intervals would cover each other."""
LIMITS = "Line at 1: {baseline}. Dotted: limits of what can be measured"
ENDS = ("", "_low", "_high")
Rows = Sequence[Mapping[str, Any]]


def draw_learning_curves(rows: pl.DataFrame, styles: Styles, formula: str) -> Figure | None:
    """Draw the test errors of one series, a line per method.

    Args:
        rows: Rows of results.sample_efficiency, each of one training-set size.
        styles: The style of each method.
        formula: How the test error is computed, such as `1 − accuracy`.
    """
    sizes = _sizes(rows)
    rows = rows.filter(pl.col("test_error") > 0)
    if rows.is_empty():
        return None
    # An interval may reach below 0, where a logarithmic axis has no place: its bar ends at the axis.
    ends = [value for name in ENDS for value in rows[f"test_error{name}"].drop_nulls() if value > 0]
    domain = [min(ends) / 1.1, max(ends) * 1.1]
    points = []
    for row in rows.to_dicts():
        details = f"{row['n_train']:,} samples, test error {format_interval(row, 'test_error')}"
        points.append(_point(row, "test_error", details))
    y = alt.Y(
        "value:Q",
        title=f"test error ({formula})",
        scale=alt.Scale(type="log", domain=domain, clamp=True, nice=False),
        axis=alt.Axis(tickCount=6),
    )
    return _layer(_draw_methods(points, sizes, y, styles))


def draw_factors(rows: pl.DataFrame, styles: Styles, baseline: str) -> Figure | None:
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
    methods = rows["method"].unique(maintain_order=True).to_list()
    points = []
    for row in rows.to_dicts():
        # Shifted by a factor, since the axis is logarithmic.
        shift = (1 + SHIFT) ** (methods.index(row["method"]) - (len(methods) - 1) / 2)
        details = f"{row['n_train']:,} samples: {row['factor_bound'] or ''} {row['factor']:.3g} times the data"
        points.append(_point(row, "factor", details, shift) | {"is_bound": row["factor_bound"] is not None})
    values = rows.select(pl.concat_list(FACTORS).explode())["factor"].drop_nulls()
    low, high = math.log2(min(1.0, *values)), math.log2(max(1.0, *values))
    y = alt.Y(
        "value:Q",
        title=f"times the data for {baseline}",
        scale=alt.Scale(type="log", base=2, domain=[2 ** (low - 0.4), 2 ** (high + 0.4)], nice=False),
        axis=alt.Axis(values=[2.0**power for power in range(math.floor(low), math.ceil(high) + 1)], format="~r"),
    )
    chart = _layer([*_draw_limits(sizes, y), *_draw_methods(points, sizes, y, styles)])
    return chart.properties(title=LIMITS.format(baseline=baseline))


def _sizes(rows: pl.DataFrame) -> list[int]:
    return rows["n_train"].unique().sort().to_list()


def _layer(layers: Sequence[alt.Chart]) -> Figure:
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _point(row: Mapping[str, Any], figure: str, details: str, shift: float = 1.0) -> dict[str, Any]:
    values = {f"value{end}": row[f"{figure}{end}"] for end in ENDS}
    description = describe(row["method"], details)
    return values | {"method": row["method"], "n_train": row["n_train"] * shift, "description": description}


def _size_axis(sizes: Sequence[int]) -> alt.X:
    axis = alt.Axis(values=list(sizes), format=",", grid=False)
    domain = [sizes[0] / 1.1, sizes[-1] * 1.1]
    return alt.X(
        "n_train:Q", title="training samples", axis=axis, scale=alt.Scale(type="log", domain=domain, nice=False)
    )


def _draw_methods(points: Rows, sizes: Sequence[int], y: alt.Y, styles: Styles) -> list[alt.Chart]:
    """Bars, a line through the known values, and a point at each value: hollow if it is only a bound."""
    x, marker = _size_axis(sizes), method_channels([point["method"] for point in points], styles, "color", "shape")
    known = [point for point in points if not point.get("is_bound")]
    bounds = [point for point in points if point.get("is_bound")]
    low = y.copy()
    low.shorthand = "value_low:Q"
    color = {name: marker[name] for name in ("color", "description")}
    return [
        make_chart(intervals(points, "value")).mark_rule().encode(x=x, y=low, y2="value_high", **color),
        make_chart(known).mark_line().encode(x=x, y=y, **color),
        make_chart(known).mark_point(filled=True, size=50, opacity=1).encode(x=x, y=y, **marker),
        make_chart(bounds).mark_point(filled=False, size=50, fill=PAGE, opacity=1).encode(x=x, y=y, **marker),
    ]


def _draw_limits(sizes: Sequence[int], y: alt.Y) -> list[alt.Chart]:
    """The baseline itself, and the factors beyond which its sizes do not reach."""
    layers = []
    for numerator, dash in ((None, [1, 0]), (sizes[-1], [2, 3]), (sizes[0], [2, 3])):
        rows = [{"n_train": size, "value": (numerator or size) / size} for size in sizes]
        mark: dict[str, Any] = {"color": QUIET, "strokeDash": dash, "strokeWidth": 1.5, "aria": False, "clip": True}
        layers.append(make_chart(rows).mark_line(**mark).encode(x=_size_axis(sizes), y=y))
    return layers
