"""Reports of made-up suites."""

import pytest

from sharegap.leaderboard.figures import StudyPaths
from sharegap.leaderboard.report import load_report


@pytest.fixture
def make_study(tmp_path):
    """The report of the first study of a suite."""
    return lambda suite: load_report(suite.store(tmp_path), "made_up").studies[0]


@pytest.fixture
def make_paths(make_study):
    """The results by strength of the first study of a suite."""

    def make(suite):
        study = make_study(suite)
        selected = dict(study.leaderboard.select("method", "strength").iter_rows())
        return StudyPaths(study.by_strength, selected, study.styles, study.baseline, study.roles.sharing_path)

    return make
