"""Mean ranks on a line, with bars that join the methods that do not differ (Demšar 2006)."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from sharegap.leaderboard.figures.encodings import QUIET, WIDTH, Figure, Styles, describe, make_chart, method_channels
from sharegap.results.rank_test import RankTest

LEVEL = 20  # pixels between two names, and between two bars


def draw_critical_difference(methods: Sequence[str], test: RankTest, styles: Styles) -> Figure:
    """Draw the better half of the methods on the left, the others on the right, and the test's cliques as bars.

    Args:
        methods: The methods in the order of the test's mean ranks.
        test: The mean ranks and which of them differ.
        styles: The style of each method.
    """
    worst = max(float(len(methods)), 1 + test.critical_difference)
    rows = _place_labels(methods, test, right=worst)
    left = _count_left(methods)
    top, bottom = len(test.cliques) + 1.6, min(row["y"] for row in rows) - 0.7
    bars = [{"x": low, "x2": high, "y": level + 0.7} for level, (low, high) in enumerate(test.cliques)]
    scale = {"x": [1 - 0.35 * worst, 1.35 * worst], "y": [bottom, top]}
    axis = alt.Axis(orient="top", values=list(range(1, len(methods) + 1)), grid=False, format="d", labelOverlap=True)
    x = alt.X("x:Q", title="mean rank", axis=axis, scale=alt.Scale(domain=scale["x"], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=scale["y"], nice=False))
    on_line = y.copy()
    on_line.shorthand = "line:Q"
    difference = {"x": 1, "x2": 1 + test.critical_difference, "y": top - 0.6, "text": "critical difference"}
    bar: dict[str, Any] = {"color": QUIET, "aria": False}
    channels = method_channels(methods, styles, "color", "shape", legend=False)
    color = {name: channels[name] for name in ("color", "description")}
    named, text = make_chart(rows), {"text": "label:N", "description": channels["description"]}
    return alt.layer(
        make_chart([difference]).mark_rule(strokeWidth=2, **bar).encode(x=x, x2="x2", y=y),
        make_chart([difference]).mark_text(align="left", dx=6, **bar).encode(x="x2:Q", y=y, text="text:N"),
        make_chart(bars).mark_rule(strokeWidth=6, **bar).encode(x=x, x2="x2", y=y),
        named.mark_rule().encode(x=x, y=y, y2="line:Q", **color),
        named.mark_rule().encode(x=x, x2="label_x", y=y, **color),
        named.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=on_line, **channels),
        make_chart(rows[:left]).mark_text(align="right", dx=-6).encode(x="label_x:Q", y=y, **text),
        make_chart(rows[left:]).mark_text(align="left", dx=6).encode(x="label_x:Q", y=y, **text),
    ).properties(width=WIDTH, height=round(LEVEL * (top - bottom)))


def _count_left(methods: Sequence[str]) -> int:
    """How many names are on the left."""
    return (len(methods) + 1) // 2


def _place_labels(methods: Sequence[str], test: RankTest, right: float) -> list[dict[str, Any]]:
    """The methods by mean rank, with the places of their names."""
    left = _count_left(methods)
    # Stable: methods of equal rank stay in their order.
    order = np.argsort(test.mean_ranks, kind="stable")
    rows = []
    for i, index in enumerate(order):
        method, rank = methods[index], float(test.mean_ranks[index])
        is_left = i < left
        rows.append(
            {
                "method": method,
                "x": rank,
                "y": -i - 1 if is_left else i - len(order),
                "line": 0,
                "label_x": 0.85 if is_left else right + 0.15,
                "label": f"{method} {rank:.2f}",
                "description": describe(method, f"mean rank {rank:.2f}"),
            }
        )
    return rows
