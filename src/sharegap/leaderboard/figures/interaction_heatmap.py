"""The effect of a regularizer without and with sharing: rows are regularizers, columns are studies."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np

from sharegap.leaderboard.figures.encodings import PAGE, Figure, describe, make_chart

TILE_WIDTH, TILE_HEIGHT = 66, 28  # pixels
SATURATION_QUANTILE = 0.9
"""The quantile of the effects that has the strongest color: one huge effect should not fade the others."""
COLORS = ("#f0a881", "#f3f4f5", "#7fcfb3")
"""Worse, no effect, better: pale, as they have text on them."""
TEXT_COLOR = "black"  # on a dark page too


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
    is_marked: bool = False


def draw_interaction_heatmap(tiles: Sequence[Tile], baseline: str) -> Figure | None:
    """Draw tiles colored by their relative effect, with 0 in the middle of the scale; one panel per study."""
    if not tiles:
        return None
    sizes = [abs(tile.relative_effect) for tile in tiles]
    limit = float(np.quantile(sizes, SATURATION_QUANTILE)) or 1.0
    rows = []
    for tile in tiles:
        details = f"{tile.study}, on {tile.base_method}: {tile.text}, {tile.relative_effect:+.1%} of the error"
        rows.append(vars(tile) | {"on": f"on {tile.base_method}", "description": describe(tile.regularizer, details)})
    regularizers, bases, studies = (
        [*dict.fromkeys(row[name] for row in rows)] for name in ("regularizer", "on", "study")
    )
    color = alt.Color(
        "relative_effect:Q",
        title=f"of the error of {baseline}",
        scale=alt.Scale(domain=[-limit, 0, limit], range=COLORS, clamp=True, interpolate="rgb"),
        legend=alt.Legend(format="+.0%", orient="bottom", gradientLength=200, titleLimit=0),
    )
    cell = make_chart(rows).encode(
        x=alt.X(
            "on:N", sort=bases, title=None, axis=alt.Axis(orient="bottom", labelAngle=-40, domain=False, ticks=False)
        ),
        y=alt.Y("regularizer:N", sort=regularizers, title=None, axis=alt.Axis(domain=False, ticks=False)),
        description="description:N",
    )
    text = cell.encode(text="text:N")
    return (
        alt.layer(
            cell.mark_rect(stroke=PAGE, strokeWidth=2).encode(color=color),
            text.transform_filter("datum.is_marked").mark_text(color=TEXT_COLOR, fontWeight="bold"),
            text.transform_filter("!datum.is_marked").mark_text(color=TEXT_COLOR),
        )
        .properties(width=alt.Step(TILE_WIDTH), height=alt.Step(TILE_HEIGHT))
        .facet(alt.Facet("study:N", sort=studies, title=None), columns=3)
    )
