"""What all figures share: rows of data, the colors of the page, and the channels that show a method."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.style import Style

WIDTH = 640
"""Pixels of a figure of one panel, without its axis."""
LETTER_WIDTH, LETTER_HEIGHT = 6.6, 14.0
"""Pixels, of the figures' font."""
MIN_ENTRY = 120
"""Pixels between two columns of a legend."""
# The colors of the light page. `svg.py` gives every mark of such a color a class, by which the page recolors it.
TEXT, QUIET, LINE, PAGE = "#1f2328", "#636c76", "#dcdfe3", "#fcfcfb"
Styles = Mapping[str, Style]
Figure: TypeAlias = alt.typing.ChartType


def describe(method: str, details: str) -> str:
    """Return the `description` of a method's mark, which `svg.py` reads. JSON: a name may hold any separator."""
    return json.dumps([method, details])


def make_chart(rows: pl.DataFrame | Iterable[Mapping[str, Any]]) -> alt.Chart:
    """Make a chart of rows.

    Altair copies a chart with each of its changes, and a table, unlike a list, is not copied with it.
    """
    return alt.Chart(rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), infer_schema_length=None))


def method_channels(methods: Iterable[str], styles: Styles, *names: str, legend: bool = True) -> dict[str, Any]:
    """Return the channels of `names` by the field `method`, and the description of each mark.

    Args:
        methods: Those in the picture.
        styles: The style of each method, in the order of the legend.
        names: Of `color`, `shape` and `strokeDash`.
        legend: Whether there is one.
    """
    # The symbol of a line is as long as the root of its size, and should show the dash.
    symbol_size = 70 if "shape" in names else 500
    present = set(methods)
    methods = [method for method in styles if method in present]
    # No name is cut off, whatever its length.
    entry_width = max(MIN_ENTRY, 40 + 6 * max(map(len, methods)))
    columns = max(1, WIDTH // entry_width)
    shown = alt.Legend(title=None, orient="bottom", columns=columns, labelLimit=0, symbolSize=symbol_size)
    ranges: dict[str, Any] = {
        "color": [styles[method].color for method in methods],
        "shape": [styles[method].marker for method in methods],
        "strokeDash": [styles[method].dash for method in methods],
    }
    types = {"color": alt.Color, "shape": alt.Shape, "strokeDash": alt.StrokeDash}
    channels: dict[str, Any] = {"description": alt.Description("description:N")}
    for name in names:
        scale = alt.Scale(domain=methods, range=ranges[name])
        channels[name] = types[name]("method:N", scale=scale, legend=shown if legend else None)
    return channels


def intervals(rows: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Return the rows that have an interval of the figure `name`."""
    return [row for row in rows if row[f"{name}_low"] is not None and row[f"{name}_high"] is not None]


def format_interval(row: Mapping[str, Any], name: str) -> str:
    """Format a figure and its interval, e.g. `0.91 [0.9, 0.92]`."""
    value = f"{row[name]:.4g}"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return value if low is None or high is None else f"{value} [{low:.4g}, {high:.4g}]"
