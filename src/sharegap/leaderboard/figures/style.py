"""One color, marker and dash per method, the same in all figures of a page."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

# The first six are Okabe and Ito's palette, which color-blind readers can distinguish; without yellow and black, which
# vanish on one of the page's two backgrounds. The others need their markers, of which there is one more.
COLORS = (
    *("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"),
    *("#8C564B", "#9467BD", "#9A9A00", "#E0314B", "#00B3B3", "#6B6ECF", "#6FAF00"),
)
MARKERS = (
    *("circle", "square", "triangle-up", "diamond", "star", "triangle-down", "pentagon"),
    *("x", "hexagram", "triangle-left", "bowtie", "triangle-right", "hourglass", "diamond-tall"),
)
DASHES = ("solid", "dash", "dashdot", "dot")
GREY = "#808080"
WIDTH = 720
"""Pixels of the narrowest figure; a narrower screen scrolls."""
FONT_SIZE = 13


@dataclass(frozen=True)
class Style:
    """How a method is drawn."""

    color: str
    marker: str
    dash: str


def assign_styles(methods: Iterable[str], baseline: str) -> dict[str, Style]:
    """Assign a style to each method, in their order. The baseline is grey."""
    styles = {baseline: Style(GREY, "cross", "solid")}
    for method in methods:
        if method not in styles:
            i = len(styles) - 1
            # Lengths without a common divisor: the combinations repeat late.
            styles[method] = Style(COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
    return styles


def escape(text: str) -> str:
    """Escape text for Plotly, which reads tags but keeps quotes."""
    return html.escape(text, quote=False)


def make_figure(height: int, bottom: int = 56, **layout: Any) -> go.Figure:
    """Make an empty figure. The page's script sets the colors of the page."""
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "margin": {"l": 64, "r": 16, "t": 40, "b": bottom},
            "font": {"size": FONT_SIZE},
            "hoverlabel": {"align": "left"},
            **layout,
        }
    )


def error_bars(rows: pl.DataFrame, name: str, color: str) -> dict[str, Any]:
    """Return Plotly's error bars for the intervals of a column; no bar where there is no interval.

    Args:
        rows: Rows with the columns `<name>_low` and `<name>_high`.
        name: The name of the column.
        color: The color of the bars.
    """
    halves = (rows[f"{name}_high"] - rows[f"{name}_low"]) / 2
    return {"type": "data", "array": halves.to_list(), "color": color, "thickness": 1.5, "width": 4}
