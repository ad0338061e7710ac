"""Mean ranks, names and the test's bars."""

import numpy as np
import pytest

from sharegap.leaderboard.figures import assign_styles, draw_critical_difference
from sharegap.leaderboard.roles import read_roles
from sharegap.results.rank_test import RankTest
from tests.leaderboard.pictures import rows_of
from tests.rows import facts_of

METHODS = ["none", "hard", "l2", "soft", "dropout"]
RANKS = np.array([4.0, 1.0, 5.0, 2.5, 2.5])


@pytest.fixture
def draw():
    """Draws the test with a critical difference."""
    styles = assign_styles(METHODS, read_roles(facts_of("s", METHODS)))
    return lambda difference, p=0.01: draw_critical_difference(METHODS, RankTest(RANKS, p, difference), styles)


def test_marks_are_at_the_mean_ranks(draw):
    rows = [row for row in rows_of(draw(2.0)) if "method" in row]
    assert {row["method"]: row["x"] for row in rows} == dict(zip(METHODS, RANKS, strict=True))
    assert [row["label"] for row in rows] == ["hard 1.00", "soft 2.50", "dropout 2.50", "none 4.00", "l2 5.00"]


def test_names_of_a_side_have_levels_of_their_own(draw):
    rows = [row for row in rows_of(draw(2.0)) if "method" in row]
    for side in {row["label_x"] for row in rows}:
        levels = [row["y"] for row in rows if row["label_x"] == side]
        assert len(set(levels)) == len(levels)


def test_bars_join_what_does_not_differ(draw):
    bars = [row for row in rows_of(draw(2.0)) if "method" not in row and "text" not in row]
    assert [(bar["x"], bar["x2"]) for bar in bars] == RankTest(RANKS, 0.01, 2.0).cliques
    (difference,) = rows_of(draw(2.0), text="critical difference")
    assert difference["x2"] - difference["x"] == 2.0


def test_one_bar_where_nothing_differs(draw):
    bars = [row for row in rows_of(draw(2.0, p=0.9)) if "method" not in row and "text" not in row]
    assert [(bar["x"], bar["x2"]) for bar in bars] == [(1.0, 5.0)]
