"""Methods as points with intervals in both directions, and names that lie on nothing else."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from sharegap.leaderboard.figures.encodings import Styles, intervals, make_chart, method_channels
from sharegap.leaderboard.figures.label_placement import Box, place_labels, text_box

MARGIN = 0.12
"""Of the span of the values, on each side."""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Axis:
    """A horizontal axis, or a vertical one if `is_vertical`: values, and their distance in pixels from the top left."""

    low: float
    high: float
    length: float
    is_vertical: bool = False
    is_log: bool = False

    def to_pixels(self, value: float) -> float:
        """Return the place of a value."""
        low, high, place = map(self._transform, (self.low, self.high, value))
        share = (place - low) / (high - low)
        return self.length * (1 - share if self.is_vertical else share)

    def to_value(self, pixels: float) -> float:
        """Return the value at a place."""
        share = pixels / self.length
        low, high = self._transform(self.low), self._transform(self.high)
        place = low + (high - low) * (1 - share if self.is_vertical else share)
        return math.exp(place) if self.is_log else place

    @property
    def scale(self) -> alt.Scale:
        """The scale of its channel."""
        return alt.Scale(type="log" if self.is_log else "linear", domain=[self.low, self.high], nice=False, zero=False)

    def _transform(self, value: float) -> float:
        return math.log(value) if self.is_log else value


def make_axis(rows: Rows, name: str, length: float, *, is_log: bool = False) -> Axis:
    """Make an axis of the column `name`, `x` or `y`, that has room for its values and intervals."""
    values = [row[f"{name}{end}"] for row in rows for end in ("", "_low", "_high")]
    known = [math.log(value) if is_log else value for value in values if value is not None]
    margin = MARGIN * (max(known) - min(known)) or 0.05  # a single point without an interval has no span
    low, high = min(known) - margin, max(known) + margin
    if is_log:
        low, high = math.exp(low), math.exp(high)
    return Axis(low, high, length, is_vertical=name == "y", is_log=is_log)


def draw_points(
    rows: Rows, x: alt.X, y: alt.Y, *, axes: tuple[Axis, Axis], styles: Styles, named: Iterable[str], legend: bool
) -> list[alt.Chart]:
    """Draw the layers of the figure.

    Args:
        rows: Of each method `method`, `description`, and `x` and `y` with `_low` and `_high`, which may be None.
        x: The channel of `x`.
        y: The channel of `y`.
        axes: Those of x and y.
        styles: The style of each method.
        named: The methods whose names are written beside their points.
        legend: Whether there is one of all methods.
    """
    channels = method_channels([row["method"] for row in rows], styles, "color", "shape", legend=legend)
    color = {name: channels[name] for name in ("color", "description")}
    labels = make_chart(_place_labels(rows, axes, set(named)))
    return [
        make_chart(intervals(rows, "x")).mark_rule().encode(x="x_low:Q", x2="x_high", y=y, **color),
        make_chart(intervals(rows, "y")).mark_rule().encode(x=x, y="y_low:Q", y2="y_high", **color),
        labels.mark_rule(strokeWidth=0.7).encode(x="line_x:Q", y="line_y:Q", x2="x", y2="y", **color),
        make_chart(rows).mark_point(filled=True, size=75).encode(x=x, y=y, **channels),
        labels.mark_text().encode(x="label_x:Q", y="label_y:Q", text="method:N", description=channels["description"]),
    ]


def _place_labels(rows: Rows, axes: tuple[Axis, Axis], named: set[str]) -> list[dict[str, Any]]:
    """The named rows with the places of their labels, and of the ends of the lines to these."""
    x_axis, y_axis = axes
    places, obstacles = {}, []
    for row in rows:
        x, y = x_axis.to_pixels(row["x"]), y_axis.to_pixels(row["y"])
        places[row["method"]] = x, y
        obstacles.append(Box(x - 7, y - 7, x + 7, y + 7))
        if row["x_low"] is not None:
            obstacles.append(Box(x_axis.to_pixels(row["x_low"]), y - 3, x_axis.to_pixels(row["x_high"]), y + 3))
        if row["y_low"] is not None:
            obstacles.append(Box(x - 3, y_axis.to_pixels(row["y_high"]), x + 3, y_axis.to_pixels(row["y_low"])))
    chosen = [row for row in rows if row["method"] in named]
    names = [row["method"] for row in chosen]
    frame = Box(0, 0, x_axis.length, y_axis.length)
    offsets = place_labels([places[name] for name in names], names, obstacles, frame)
    labels = []
    for row, (dx, dy) in zip(chosen, offsets, strict=True):
        x, y = places[row["method"]]
        box = text_box((x + dx, y + dy), row["method"])
        label = {"label_x": x_axis.to_value(x + dx), "label_y": y_axis.to_value(y + dy)}
        # The line to the label ends at its edge.
        label["line_x"] = x_axis.to_value(sorted((box.left, x, box.right))[1])
        label["line_y"] = y_axis.to_value(sorted((box.top, y, box.bottom))[1])
        labels.append({**row, **label})
    return labels
