"""Performance profiles: the shares of runs, with no more points than steps."""

import numpy as np
import pytest

from sharegap.leaderboard.figures import assign_styles, draw_performance_profiles
from sharegap.leaderboard.roles import read_roles
from sharegap.results.aggregate import performance_profile
from sharegap.results.study_errors import Errors
from tests.leaderboard.pictures import rows_of
from tests.rows import facts_of

METHODS = ["none", "hard", "l2"]


@pytest.fixture
def draw():
    """Draws the profiles of studies of errors, (methods, seeds) each."""
    styles = assign_styles(METHODS, read_roles(facts_of("s", METHODS)))
    return lambda studies: draw_performance_profiles(Errors(METHODS, dict(enumerate(studies))), styles)


def test_steps_are_those_of_the_profile(draw):
    random = np.random.default_rng(0)
    studies = [random.uniform(0.1, 0.4, (3, 8)) for _ in range(4)]
    chart = draw(studies)
    for i, method in enumerate(METHODS):
        rows = rows_of(chart, method=method)
        thresholds, shares = np.array([row["threshold"] for row in rows]), [row["share"] for row in rows]
        assert shares == pytest.approx(performance_profile(studies, thresholds)[i])
        assert shares == sorted(shares, reverse=True)
    ends = [sorted(row["threshold"] for row in rows_of(chart, method=method)) for method in METHODS]
    assert len({(line[0], line[-1]) for line in ends}) == 1  # each over the whole range


def test_diverged_runs_exceed_no_threshold(draw):
    studies = [np.array([[0.3, 0.3], [0.1, np.nan], [0.3, 0.2]])] * 2
    shares = [row["share"] for row in rows_of(draw(studies), method="hard")]
    assert max(shares) == 0.5


def test_nothing_to_draw(draw):
    assert draw([np.full((3, 2), np.nan)]) is None
