"""The effect of a regularizer without and with sharing: rows are regularizers, columns are studies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import WIDTH, escape, make_figure

TILE_WIDTH, TILE_HEIGHT = 66, 36  # pixels
MARGIN = 240  # pixels for names and color scale
SATURATION_QUANTILE = 0.9
"""The quantile of the effects that has the strongest color: one huge effect should not fade the others."""


@dataclass(frozen=True)
class Tile:
    """The effect of adding a regularizer to a base method in a study.

    `relative_effect` is its size relative to the baseline's error, positive if better.
    """

    regularizer: str
    study: str
    base_method: str
    relative_effect: float
    text: str


def draw_interaction_heatmap(tiles: Sequence[Tile], baseline: str) -> go.Figure | None:
    """Draw tiles colored by their relative effect, with 0 in the middle of the scale."""
    if not tiles:
        return None
    row_of_regularizer: dict[str, int] = {}
    column_of_study: dict[tuple[str, str], int] = {}
    for tile in tiles:
        row_of_regularizer.setdefault(tile.regularizer, len(row_of_regularizer))
        column_of_study.setdefault((tile.study, tile.base_method), len(column_of_study))
    # A tile without an effect stays empty.
    effects = np.full((len(row_of_regularizer), len(column_of_study)), None, dtype=object)
    texts = np.full(effects.shape, "", dtype=object)
    for tile in tiles:
        position = row_of_regularizer[tile.regularizer], column_of_study[tile.study, tile.base_method]
        effects[position], texts[position] = tile.relative_effect, tile.text
    width = MARGIN + TILE_WIDTH * len(column_of_study)
    height = max(TILE_HEIGHT * len(row_of_regularizer), 120) + 90
    figure = make_figure(height, coloraxis=_color_axis(tiles, baseline))
    if width > WIDTH:
        figure.update_layout(width=width)
    studies, base_methods = [], []
    for study, base_method in column_of_study:
        studies.append(escape(study))
        base_methods.append(f"on {escape(base_method)}")
    figure.add_heatmap(
        x=[studies, base_methods],
        y=[escape(regularizer) for regularizer in row_of_regularizer],
        z=effects.tolist(),
        text=texts.tolist(),
        texttemplate="%{text}",
        hovertemplate=f"%{{y}}, %{{x}}: %{{text}}, %{{z:+.1%}} of the error of {escape(baseline)}<extra></extra>",
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=2,
        ygap=2,
    )
    figure.update_xaxes(side="top", showgrid=False, zeroline=False, ticks="")
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False, zeroline=False, ticks="")
    figure.update_layout(margin={"t": 60, "b": 16})
    return figure


def _color_axis(tiles: Sequence[Tile], baseline: str) -> dict[str, object]:
    sizes = [abs(tile.relative_effect) for tile in tiles]
    limit = float(np.quantile(sizes, SATURATION_QUANTILE)) or 1.0
    title = {"text": f"of the error of {escape(baseline)}", "side": "right"}
    return {"cmin": -limit, "cmid": 0, "cmax": limit, "colorbar": {"title": title, "tickformat": "+.0%"}}
