"""One colour, marker and dash per method, the same in all pictures of a page."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from sharegap.leaderboard.cells import finite
from sharegap.results.paired import BASELINE

# First Okabe and Ito's palette, told apart by colour-blind people too; without yellow and black, which vanish on
# one of the page's two backgrounds. The further ones need their markers, of which there is one more.
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
WIDTH = 720  # pixels of the narrowest picture; a narrower screen scrolls
FONT_SIZE = 13


@dataclass(frozen=True)
class Style:
    color: str
    marker: str
    dash: str


def styles(methods: Iterable[str]) -> dict[str, Style]:
    """A style per method, in the methods' order; the baseline is grey."""
    others = [method for method in dict.fromkeys(methods) if method != BASELINE]
    # Lengths without a common divisor: the combinations repeat late.
    return {BASELINE: Style(GREY, "cross", "solid")} | {
        method: Style(COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)], DASHES[i % len(DASHES)])
        for i, method in enumerate(others)
    }


def label(text: str) -> str:
    """Text for Plotly, which would read tags in it, and leaves quotes as they are."""
    return html.escape(text, quote=False)


def figure(height: int, bottom: int = 56, **layout: Any) -> go.Figure:
    """An empty figure; the page's script gives it the page's colours."""
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


def whiskers(rows: Iterable[Mapping[str, Any]], name: str, color: str) -> dict[str, Any]:
    """Plotly's error bars from the intervals of `name`; none where there is no interval."""
    halves = []
    for row in rows:
        low, high = finite(row[f"{name}_low"]), finite(row[f"{name}_high"])
        halves.append(None if low is None or high is None else (high - low) / 2)
    return {"type": "data", "array": halves, "color": color, "thickness": 1.5, "width": 4}
