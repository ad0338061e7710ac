"""The effect of a strength: the path from independent to hard sharing, and the regularization paths."""

from collections.abc import Mapping, Sequence
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
    method_channels,
)
from sharegap.leaderboard.figures.strength_axis import Path, correlation_ticks, make_path, make_sharing_path

SHARING_MEASURES = ("test_score", "gap_score", "gap_loss", "relative_copy_distance", "cka")
FEWEST_SEEDS = 3
"""With two, Student's t interval is nine standard deviations to each side, and nothing else would be seen."""
COLUMNS = 4
HEIGHT = 110
Rows = list[dict[str, Any]]


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
        rows: Rows = []
        for i, measure in enumerate(measures):
            panel = [*self._make_rows(path, measure), {"part": "title", "text": _title(measure, path)}]
            if measure == measures[-1]:
                panel += _tick_rows(correlation_ticks(path))
                panel.append({"part": "x title", "text": "correlation of the copies ρ = λ / (1 + λ)"})
            rows += [row | {"row": i, "column": 0} for row in panel]
        return self._draw(rows, [swept_method], width=WIDTH)

    def draw_regularization_paths(self) -> Figure | None:
        """Draw two panels for each method with several strengths that is not on the sharing path."""
        paths = []
        for (method,), method_rows in self.by_strength.group_by("method", maintain_order=True):
            if method_rows.height > 1 and method not in self.sharing_path:
                paths.append(make_path(method_rows, str(method)))
        if not paths:
            return None
        rows: Rows = []
        for i, path in enumerate(paths):
            block, column = divmod(i, COLUMNS)
            title = {"part": "title", "text": path.method, "description": describe(path.method, "")}
            upper: Rows = [title, *self._make_rows(path, "test_score")]
            lower = [*self._make_rows(path, "gap_score"), *_tick_rows(dict(zip(path.x, path.labels, strict=True)))]
            rows += [row | {"row": 2 * block, "column": column} for row in upper]
            rows += [row | {"row": 2 * block + 1, "column": column} for row in lower]
        measures = f"Above: {_title('test_score', path)}. Below: {_title('gap_score', path)}. "
        return self._draw(rows, [path.method for path in paths], width=WIDTH // COLUMNS - 48, measures=measures)

    def _swept_method(self) -> str | None:
        """The first method of the sharing path that has strengths of its own."""
        methods = set(self.by_strength["method"])
        for method, strength in self.sharing_path.items():
            if strength is None and method in methods:
                return method
        return None

    def _make_rows(self, path: Path, measure: str) -> Rows:
        """What a panel shows: a line through the strengths that have a value, bars, a ring, and the baseline's line.

        The line says all values. A point for each would be half of the page.
        """
        rows: Rows = []
        of_method = describe(path.method, "")
        has_bars = (path.rows["seeds"] >= FEWEST_SEEDS).all()
        strengths = zip(path.x, path.labels, path.rows.to_dicts(), strict=True)
        values = [entry for entry in strengths if entry[2][measure] is not None]
        details = "; ".join(f"{label}: {format_interval(row, measure)}" for _, label, row in values)
        part = "line" if len(values) > 1 else "point"
        for x, _, row in values:
            place = {"x": x, "y": row[measure], "method": path.method}
            rows.append(place | {"part": part, "description": describe(path.method, details)})
            if has_bars and row[f"{measure}_low"] is not None:
                ends = {"y_low": row[f"{measure}_low"], "y_high": row[f"{measure}_high"]}
                rows.append(place | ends | {"part": "bar", "description": of_method})
            if row["method"] == path.method and row["strength"] == self.selected.get(path.method):
                rows.append(place | {"part": "ring", "description": of_method})
        level = self.by_strength.filter(method=self.baseline)[measure].drop_nulls()
        ends_of_level = [min(path.x), max(path.x)] if len(level) else []
        return rows + [{"part": "level", "x": x, "y": level[0]} for x in ends_of_level]

    def _draw(self, rows: Rows, methods: Sequence[str], *, width: int, measures: str = "") -> Figure:
        """One panel per pair of `row` and `column`; each layer draws the rows of one part."""
        channels = method_channels(methods, self.styles, "color", "shape", legend=False)
        color = {name: channels[name] for name in ("color", "description")}
        place = alt.Axis(labels=False, ticks=False, grid=False)
        scale = alt.Scale(zero=False, nice=False, padding=10)
        x = alt.X("x:Q", title=None, axis=place, scale=scale)
        y = alt.Y("y:Q", title=None, axis=alt.Axis(tickCount=3, format=".3~g"), scale=scale)
        text = {"text": alt.Text("text:N"), "description": channels["description"]}
        level: dict[str, Any] = {"color": QUIET, "strokeDash": [2, 3], "strokeWidth": 1.5, "aria": False}
        is_narrow = width < WIDTH
        tick: dict[str, Any] = {"angle": 320, "align": "right"} if is_narrow else {}
        layers = [
            _part("level").mark_line(**level).encode(x=x, y=y),
            _part("bar").mark_rule().encode(x=x, y="y_low:Q", y2="y_high", **color),
            _part("line").mark_line().encode(x=x, y=y, **color),
            _part("point").mark_point(filled=True).encode(x=x, y=y, **channels),
            _part("ring")
            .mark_point(color=QUIET, size=220, strokeWidth=2)
            .encode(x=x, y=y, description=channels["description"]),
            _part("title").mark_text(align="left").encode(x=alt.value(0), y=alt.value(-14), **text),
            _part("tick")
            .mark_text(color=QUIET, aria=False, **tick)
            .encode(x=x, y=alt.value(HEIGHT + 12), text="text:N"),
            _part("x title")
            .mark_text(aria=False)
            .encode(x=alt.value(width / 2), y=alt.value(HEIGHT + 32), text="text:N"),
        ]
        panel = alt.layer(*layers, data=pl.DataFrame(rows, infer_schema_length=None)).properties(
            width=width, height=HEIGHT
        )
        row, column = alt.Row("row:O", header=None), alt.Column("column:O", header=None)
        chart = panel.facet(row=row, column=column, spacing=10, align={"row": "each", "column": "all"})
        return chart.resolve_scale(x="independent", y="independent").properties(
            title=f"{measures}Ring: selected on validation. Dotted: {self.baseline}"
        )


def _part(name: str) -> alt.Chart:
    return alt.Chart().transform_filter(f"datum.part === '{name}'")


def _tick_rows(ticks: Mapping[float, str]) -> Rows:
    return [{"part": "tick", "x": x, "text": text} for x, text in ticks.items()]


def _title(measure: str, path: Path) -> str:
    score = path.rows.row(0, named=True)
    return {
        "test_score": f"test {score['score_name']}",
        "gap_score": f"gap ({'train − test' if score['higher_is_better'] else 'test − train'})",
        "gap_loss": "gap in loss (test − train)",
        "relative_copy_distance": "copy distance",
        "cka": "CKA of copies",
    }[measure]
