"""The effect of a strength: the path from independent to hard sharing, and the regularization paths."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from sharegap.leaderboard.figures.strength_axis import Path, correlation_ticks, make_path, make_sharing_path
from sharegap.leaderboard.figures.style import GREY, Style, error_bars, escape, make_figure

SHARING_MEASURES = ("test_score", "gap_score", "gap_loss", "relative_copy_distance", "cka")
MEASURES = ("test_score", "gap_score")
FEWEST_SEEDS = 3
"""With two, Student's t interval is nine standard deviations to each side, and nothing else would be seen."""
PANELS_PER_ROW = 4
Panel = Mapping[str, int]


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
    styles: Mapping[str, Style]
    baseline: str
    sharing_path: Mapping[str, float | None]

    def draw_sharing_path(self) -> go.Figure | None:
        """Draw the path from independent to hard sharing, one panel per measure."""
        swept_method = self._swept_method()
        if swept_method is None:
            return None
        path = make_sharing_path(self.by_strength, swept_method, self.sharing_path)
        measures = [measure for measure in SHARING_MEASURES if path.rows[measure].count()]
        if path.rows.height < 2 or not measures:
            return None
        height = 160 + 150 * len(measures)
        figure = make_subplots(
            rows=len(measures),
            shared_xaxes=True,
            vertical_spacing=34 / height,
            subplot_titles=[_title(measure, path) for measure in measures],
            figure=_empty_figure(height, below=80),
        )
        for i, measure in enumerate(measures):
            self._draw_panel(figure, path, measure, {"row": i + 1, "col": 1}, showlegend=i == 0)
        ticks = correlation_ticks(path)
        figure.update_xaxes(tickvals=list(ticks), ticktext=list(ticks.values()))
        figure.update_xaxes(title="correlation of the copies ρ = λ / (1 + λ)", row=len(measures))
        return figure

    def draw_regularization_paths(self) -> go.Figure | None:
        """Draw a column of panels for each method with several strengths that is not on the sharing path."""
        paths = []
        for (method,), rows in self.by_strength.group_by("method", maintain_order=True):
            if rows.height > 1 and method not in self.sharing_path:
                paths.append(make_path(rows, str(method)))
        if not paths:
            return None
        figure = _make_panels(paths)
        for i, path in enumerate(paths):
            for j, measure in enumerate(MEASURES):
                panel = {"row": 3 * (i // PANELS_PER_ROW) + j + 1, "col": i % PANELS_PER_ROW + 1}
                self._draw_panel(figure, path, measure, panel, showlegend=i == j == 0)
                if panel["col"] == 1:
                    figure.update_yaxes(title=_title(measure, path), **panel)
                figure.update_xaxes(tickvals=path.x, ticktext=path.labels, showticklabels=j == 1, **panel)
        return figure

    def _swept_method(self) -> str | None:
        """The first method of the sharing path that has strengths of its own."""
        methods = set(self.by_strength["method"])
        for method, strength in self.sharing_path.items():
            if strength is None and method in methods:
                return method
        return None

    def _draw_panel(self, figure: go.Figure, path: Path, measure: str, panel: Panel, *, showlegend: bool) -> None:
        """One panel: the path, a ring around its selected strength, and the baseline as a line."""
        style = self.styles[path.method]
        has_bars = (path.rows["seeds"] >= FEWEST_SEEDS).all()
        bars = error_bars(path.rows, measure, style.color) if has_bars else None
        figure.add_scatter(
            x=path.x,
            y=path.rows[measure].to_list(),
            error_y=bars,
            mode="lines+markers",
            line={"color": style.color, "width": 1.8},
            marker={"symbol": style.marker, "size": 7},
            name=escape(path.method),
            text=path.labels,
            hovertemplate="strength %{text}: %{y:.4g}",
            showlegend=False,
            **panel,
        )
        self._draw_selected(figure, path, measure, panel, showlegend=showlegend)
        heights = self.by_strength.filter(method=self.baseline)[measure].to_list()
        if heights and heights[0] is not None:
            figure.add_scatter(
                x=[min(path.x), max(path.x)],
                y=[heights[0]] * 2,
                mode="lines",
                line={"color": GREY, "dash": "dot", "width": 1.5},
                name=escape(self.baseline),
                legendgroup="baseline",
                showlegend=showlegend,
                hoverinfo="skip",
                **panel,
            )

    def _draw_selected(self, figure: go.Figure, path: Path, measure: str, panel: Panel, *, showlegend: bool) -> None:
        x, y = [], []
        for position, row in zip(path.x, path.rows.to_dicts(), strict=True):
            if row["method"] == path.method and row["strength"] == self.selected.get(path.method):
                x.append(position)
                y.append(row[measure])
        figure.add_scatter(
            x=x,
            y=y,
            mode="markers",
            marker={"symbol": "circle-open", "size": 17, "color": GREY, "line": {"width": 2}},
            name="selected on validation",
            meta=escape(path.method),
            legendgroup="selected",
            showlegend=showlegend,
            hoverinfo="skip",
            **panel,
        )


def _title(measure: str, path: Path) -> str:
    score = path.rows.row(0, named=True)
    return {
        "test_score": f"test {escape(score['score_name'])}",
        "gap_score": f"gap ({'train − test' if score['higher_is_better'] else 'test − train'})",
        "gap_loss": "gap in loss (test − train)",
        "relative_copy_distance": "copy distance",
        "cka": "CKA of copies",
    }[measure]


def _empty_figure(height: int, below: int) -> go.Figure:
    """An empty figure whose legend is so many pixels below the axis, which leaves room for the strengths."""
    return make_figure(height, showlegend=True, legend={"orientation": "h", "y": -below / height}, bottom=below + 26)


def _make_panels(paths: Sequence[Path]) -> go.Figure:
    """Two rows of panels, and an empty one, per PANELS_PER_ROW methods."""
    blocks, columns = math.ceil(len(paths) / PANELS_PER_ROW), min(len(paths), PANELS_PER_ROW)
    titles = [""] * (2 * blocks * columns)
    widths = [0] * columns
    for i, path in enumerate(paths):
        block, column = divmod(i, PANELS_PER_ROW)
        titles[2 * block * columns + column] = escape(path.method)
        widths[column] = max(widths[column], len(path.x))
    heights = ([190, 190, 50] * blocks)[:-1]
    block_specs: list[list[dict[str, Any] | None]] = [[{}] * columns, [{}] * columns, [None] * columns]
    height = sum(heights) + 20 * (len(heights) - 1) + 136
    return make_subplots(
        rows=len(heights),
        cols=columns,
        specs=(block_specs * blocks)[:-1],
        shared_yaxes=True,
        row_heights=heights,
        column_widths=widths,
        horizontal_spacing=0.03,
        vertical_spacing=20 / height,
        subplot_titles=titles,
        # Narrow panels have their strengths turned on their side.
        figure=_empty_figure(height, below=70),
    )
