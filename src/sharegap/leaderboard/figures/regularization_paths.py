"""The effect of a strength: the path from independent to hard sharing, and the regularization paths."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from sharegap.leaderboard.figures.encodings import (
    QUIET,
    WIDTH,
    Figure,
    Styles,
    describe,
    format_interval,
    intervals,
    make_chart,
)
from sharegap.leaderboard.figures.strength_axis import Path, correlation_ticks, make_path, make_sharing_path

SHARING_MEASURES = ("test_score", "gap_score", "gap_loss", "relative_copy_distance", "cka")
MEASURES = ("test_score", "gap_score")
FEWEST_SEEDS = 3
"""With two, Student's t interval is nine standard deviations to each side, and nothing else would be seen."""
COLUMNS = 4
DOTTED: dict[str, Any] = {"color": QUIET, "strokeDash": [2, 3], "strokeWidth": 1.5, "aria": False}
LEGEND = "Ring: selected on validation. Dotted: {baseline}"


@dataclass(frozen=True)
class StudyPaths:
    """The results of a study by strength.

    Args:
        by_strength: One row per method and strength.
        selected: The strength of each method that validation selected.
        styles: The style of each method.
        baseline: The method drawn as a horizontal line.
        sharing_path: The strength of each method on the path from independent to hard; None for the swept method.
    """

    by_strength: pl.DataFrame
    selected: Mapping[str, float | None]
    styles: Styles
    baseline: str
    sharing_path: Mapping[str, float | None]

    def draw_sharing_path(self) -> Figure | None:
        """Draw the path from independent to hard sharing, one panel per measure."""
        swept_method = self._swept_method()
        if swept_method is None:
            return None
        path = make_sharing_path(self.by_strength, swept_method, self.sharing_path)
        measures = [measure for measure in SHARING_MEASURES if path.rows[measure].count()]
        if path.rows.height < 2 or not measures:
            return None
        panels: list[Figure] = []
        for measure in measures:
            x = _strength_axis(correlation_ticks(path), is_last=measure == measures[-1])
            if measure == measures[-1]:
                x = x.title("correlation of the copies ρ = λ / (1 + λ)")
            panel = self._draw_panel(path, measure, x).properties(title=_title(measure, path))
            panels.append(panel.properties(width=WIDTH, height=110))
        return alt.vconcat(*panels, title=LEGEND.format(baseline=self.baseline), spacing=8)

    def draw_regularization_paths(self) -> Figure | None:
        """Draw two panels for each method with several strengths that is not on the sharing path."""
        blocks = []
        for (method,), rows in self.by_strength.group_by("method", maintain_order=True):
            if rows.height > 1 and method not in self.sharing_path:
                blocks.append(self._draw_block(make_path(rows, str(method))))
        if not blocks:
            return None
        return alt.concat(*blocks, columns=COLUMNS, title=LEGEND.format(baseline=self.baseline), spacing=12)

    def _swept_method(self) -> str | None:
        """The first method of the sharing path that has strengths of its own."""
        methods = set(self.by_strength["method"])
        for method, strength in self.sharing_path.items():
            if strength is None and method in methods:
                return method
        return None

    def _draw_block(self, path: Path) -> Figure:
        panels: list[Figure] = []
        for measure in MEASURES:
            x = _strength_axis(dict(zip(path.x, path.labels, strict=True)), is_last=measure == MEASURES[-1])
            panels.append(self._draw_panel(path, measure, x).properties(width=110, height=110))
        title = alt.Title(path.method, fontSize=12, anchor="middle", limit=150)
        return alt.vconcat(*panels, title=title, spacing=6)

    def _draw_panel(self, path: Path, measure: str, x: alt.X) -> Figure:
        """One panel: the path, a ring around its selected strength, and the baseline as a line."""
        style = self.styles[path.method]
        points = _make_points(path, measure)
        rings = [point for point in points if point["strength"] == self.selected.get(path.method)]
        has_bars = (path.rows["seeds"] >= FEWEST_SEEDS).all()
        y = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4, format=".3~g"))
        place: dict[str, Any] = {"x": x, "y": y, "description": alt.Description("description:N")}
        bar = place | {"y": y.copy(), "y2": alt.Y2("value_high:Q")}
        bar["y"].shorthand = "value_low:Q"
        return alt.layer(
            make_chart(self._level(path, measure)).mark_line(**DOTTED).encode(x=x, y=y),
            make_chart(intervals(points, "value") if has_bars else []).mark_rule(color=style.color).encode(**bar),
            make_chart(points).mark_line(color=style.color).encode(**place),
            make_chart(points).mark_point(filled=True, color=style.color, shape=style.marker).encode(**place),
            make_chart(rings).mark_point(color=QUIET, size=220, strokeWidth=2).encode(**place),
        )

    def _level(self, path: Path, measure: str) -> list[dict[str, float]]:
        """The ends of the baseline's line."""
        values = self.by_strength.filter(method=self.baseline)[measure].drop_nulls().to_list()
        return [{"x": x, "value": value} for value in values[:1] for x in (min(path.x), max(path.x))]


def _make_points(path: Path, measure: str) -> list[dict[str, Any]]:
    """A point per strength that has a value, in the order of the path; `strength` is None at another method's end."""
    points = []
    for x, label, row in zip(path.x, path.labels, path.rows.to_dicts(), strict=True):
        if row[measure] is not None:
            details = f"strength {label}: {format_interval(row, measure)}"
            point = {f"value{end}": row[f"{measure}{end}"] for end in ("", "_low", "_high")}
            strength = row["strength"] if row["method"] == path.method else None
            points.append(point | {"x": x, "strength": strength, "description": describe(path.method, details)})
    return points


def _strength_axis(ticks: Mapping[float, str], *, is_last: bool) -> alt.X:
    """An axis of places with the names `ticks`, which only the last panel of a column shows."""
    name = f"{json.dumps(list(ticks.values()))}[indexof({json.dumps(list(ticks))}, datum.value)]"
    axis = alt.Axis(values=list(ticks), labels=is_last, labelExpr=name)
    return alt.X("x:Q", title=None, scale=alt.Scale(zero=False, nice=False, padding=10), axis=axis)


def _title(measure: str, path: Path) -> str:
    score = path.rows.row(0, named=True)
    return {
        "test_score": f"test {score['score_name']}",
        "gap_score": f"gap ({'train − test' if score['higher_is_better'] else 'test − train'})",
        "gap_loss": "gap in loss (test − train)",
        "relative_copy_distance": "copy distance",
        "cka": "CKA of copies",
    }[measure]
