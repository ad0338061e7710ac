"""A regularizer's effect without and with sharing, as tiles: rows are regularizers, columns studies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import WIDTH, figure, label

TILE = (66, 36)  # pixels
AROUND = 240  # pixels beside the tiles: names and scale
SATURATED = 0.9  # of the tiles are below the strongest colour: one huge effect should not fade the others


@dataclass(frozen=True)
class Tile:
    """One effect: `part` is its size relative to none's error, positive where better; NaN where it has no colour."""

    regularizer: str
    study: str
    on: str  # the method that the regularizer is added to
    part: float
    text: str


def interaction_map(tiles: Sequence[Tile]) -> go.Figure | None:
    """Tiles coloured by `part`, 0 in the middle of the scale; the page's script gives it the page's colours."""
    drawn = {(tile.regularizer, tile.study, tile.on): tile for tile in tiles if np.isfinite(tile.part)}
    if not drawn:
        return None
    rows = list(dict.fromkeys(regularizer for regularizer, _, _ in drawn))
    studies = dict.fromkeys(study for _, study, _ in drawn)
    columns = [(study, on) for study in studies for on in dict.fromkeys(on for _, of, on in drawn if of == study)]
    grid = [[drawn.get((row, *column)) for column in columns] for row in rows]
    wide = AROUND + TILE[0] * len(columns)
    picture = figure(
        max(TILE[1] * len(rows), 120) + 90,
        coloraxis=_scale(np.array([tile.part for tile in drawn.values()])),
        **({"width": wide} if wide > WIDTH else {}),
    )
    picture.add_heatmap(
        x=[[label(study) for study, _ in columns], [f"on {label(on)}" for _, on in columns]],
        y=[label(row) for row in rows],
        z=[[tile.part if tile else None for tile in row] for row in grid],
        text=[[tile.text if tile else "" for tile in row] for row in grid],
        texttemplate="%{text}",
        hovertemplate="%{y}, %{x}: %{text}, %{z:+.1%} of none's error<extra></extra>",
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=2,
        ygap=2,
    )
    picture.update_xaxes(side="top", showgrid=False, zeroline=False, ticks="")
    picture.update_yaxes(autorange="reversed", automargin=True, showgrid=False, zeroline=False, ticks="")
    picture.update_layout(margin={"t": 60, "b": 16})
    return picture


def _scale(parts: np.ndarray) -> dict[str, object]:
    reach = float(np.quantile(abs(parts), SATURATED)) or 1.0
    title = {"text": "of none's error", "side": "right"}
    return {"cmin": -reach, "cmid": 0, "cmax": reach, "colorbar": {"title": title, "tickformat": "+.0%"}}
