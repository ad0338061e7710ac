"""Mean ranks on a line, bars joining those that do not differ (Demšar 2006)."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import GREY, Style, figure, label
from sharegap.results.rank_test import RankTest

LEVEL = 24  # pixels between two names, and between two bars


def critical_difference(methods: Sequence[str], test: RankTest, style: Mapping[str, Style]) -> go.Figure:
    """The better half is named left, the other half right; bars above the line are the `test`'s cliques."""
    order = np.argsort(test.mean_ranks, kind="stable")
    named = (len(order) + 1) // 2
    cliques = test.cliques
    top = len(cliques) + 1.6
    picture = figure(round(LEVEL * (named + top + 1)) + 90)
    right = max(float(len(order)), 1 + test.critical_difference)
    _draw_bar(picture, (1, 1 + test.critical_difference), top - 0.6, "critical difference", 2)
    for level, ends in enumerate(cliques):
        _draw_bar(picture, ends, level + 0.7, "no two differ", 6)
    for place, index in enumerate(order):
        left = place < named
        depth, edge = (-place - 1, 1 - 0.15) if left else (place - len(order), right + 0.15)
        rank, method = float(test.mean_ranks[index]), methods[index]
        _draw_method(picture, method, rank, (edge, depth), style[method], left)
    picture.update_xaxes(
        title="mean rank",
        range=[0.8 - right / 6, right * 7 / 6 + 0.2],
        tickvals=list(range(1, len(order) + 1)),
        side="top",
        zeroline=False,
    )
    picture.update_yaxes(visible=False, range=[-named - 0.7, top])
    picture.update_layout(margin={"t": 64, "b": 16})
    return picture


def _draw_bar(picture: go.Figure, ends: tuple[float, float], height: float, name: str, width: int) -> None:
    picture.add_scatter(
        x=ends,
        y=[height, height],
        mode="lines",
        line={"color": GREY, "width": width},
        name=name,
        showlegend=False,
        hovertemplate="%{x:.2f}",
    )
    if name == "critical difference":
        picture.add_annotation(x=ends[1], y=height, text=name, showarrow=False, xanchor="left", xshift=6)


def _draw_method(
    picture: go.Figure, method: str, rank: float, end: tuple[float, float], style: Style, left: bool
) -> None:
    edge, depth = end
    picture.add_scatter(
        x=[rank, rank, edge],
        y=[0, depth, depth],
        mode="lines+markers",
        line={"color": style.color, "width": 1.8},
        marker={"symbol": style.marker, "size": [10, 0, 0]},
        name=label(method),
        showlegend=False,
        hovertemplate=f"{rank:.2f}",
    )
    picture.add_annotation(
        x=edge,
        y=depth,
        text=f"{label(method)} {rank:.2f}",
        name=label(method),
        showarrow=False,
        xanchor="right" if left else "left",
        xshift=-6 if left else 6,
    )
