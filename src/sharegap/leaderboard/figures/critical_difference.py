"""Mean ranks on a line, with bars that join the methods that do not differ (Demšar 2006)."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from sharegap.leaderboard.figures.style import GREY, Style, escape, make_figure
from sharegap.results.rank_test import RankTest

LEVEL = 24  # pixels between two names, and between two bars


def draw_critical_difference(methods: Sequence[str], test: RankTest, styles: Mapping[str, Style]) -> go.Figure:
    """Draw the better half of the methods on the left, the others on the right, and the test's cliques as bars.

    Args:
        methods: The methods in the order of the test's mean ranks.
        test: The mean ranks and which of them differ.
        styles: The style of each method.
    """
    # Stable: methods of equal rank stay in their order.
    order = np.argsort(test.mean_ranks, kind="stable")
    left_names = (len(order) + 1) // 2
    cliques = test.cliques
    top = len(cliques) + 1.6
    figure = make_figure(round(LEVEL * (left_names + top + 1)) + 90)
    right = max(float(len(order)), 1 + test.critical_difference)
    _draw_bar(figure, (1, 1 + test.critical_difference), top - 0.6, name="critical difference", width=2)
    figure.add_annotation(
        x=1 + test.critical_difference,
        y=top - 0.6,
        text="critical difference",
        showarrow=False,
        xanchor="left",
        xshift=6,
    )
    for level, ends in enumerate(cliques):
        _draw_bar(figure, ends, level + 0.7, name="no difference", width=6)
    for i, index in enumerate(order):
        method = methods[index]
        label = (1 - 0.15, -i - 1) if i < left_names else (right + 0.15, i - len(order))
        side = "left" if i < left_names else "right"
        _draw_method(figure, method, styles[method], rank=float(test.mean_ranks[index]), label=label, side=side)
    figure.update_xaxes(
        title="mean rank",
        range=[0.8 - right / 6, right * 7 / 6 + 0.2],
        tickvals=list(range(1, len(order) + 1)),
        side="top",
        zeroline=False,
    )
    figure.update_yaxes(visible=False, range=[-left_names - 0.7, top])
    figure.update_layout(margin={"t": 64, "b": 16})
    return figure


def _draw_bar(figure: go.Figure, ends: tuple[float, float], height: float, *, name: str, width: int) -> None:
    figure.add_scatter(
        x=ends,
        y=[height, height],
        mode="lines",
        line={"color": GREY, "width": width},
        name=name,
        showlegend=False,
        hovertemplate="%{x:.2f}",
    )


def _draw_method(
    figure: go.Figure, method: str, style: Style, *, rank: float, label: tuple[float, float], side: str
) -> None:
    """A marker at the rank, and a line down to the label and across to its side."""
    x, y = label
    figure.add_scatter(
        x=[rank, rank, x],
        y=[0, y, y],
        mode="lines+markers",
        line={"color": style.color, "width": 1.8},
        marker={"symbol": style.marker, "size": [10, 0, 0]},
        name=escape(method),
        showlegend=False,
        hovertemplate=f"{rank:.2f}",
    )
    figure.add_annotation(
        x=x,
        y=y,
        text=f"{escape(method)} {rank:.2f}",
        name=escape(method),
        showarrow=False,
        xanchor="right" if side == "left" else "left",
        xshift=-6 if side == "left" else 6,
    )
