"""Test error against cost: the front is named, and nothing without a cost is drawn."""

import pytest

from sharegap.leaderboard.figures import draw_cost
from tests.leaderboard.pictures import rows_of

COSTS = {"none": 4000, "hard": 500, "soft": 4000, "l2": 400, "early_stopping": 4500}


@pytest.fixture
def suite(make_suite):
    suite = make_suite()
    for method, count in COSTS.items():
        for run in suite.of(method):
            run["unique_parameters"] = count
    return suite


def panels_of(study):
    chart = draw_cost(study.leaderboard, study.styles)
    return chart.hconcat


def names_of(panel):
    """The methods that are named beside their points."""
    return {row["method"] for row in rows_of(panel) if "label_x" in row}


def test_the_front_is_named(suite, make_study):
    """hard has the best score, and l2 fewer parameters; all others have more parameters and a worse score."""
    parameters, _ = panels_of(make_study(suite))
    assert names_of(parameters) == {"hard", "l2"}
    front = [row for row in rows_of(parameters) if "method" not in row]
    assert [row["x"] for row in front] == [400, 500]
    points = {row["method"]: row["x"] for row in rows_of(parameters) if "method" in row}
    assert points == COSTS


def test_costs_without_a_value_are_left_out(suite, make_study):
    for run in suite.of("l2"):
        run["train_seconds"] = 0.0
    parameters, seconds = panels_of(make_study(suite))
    assert {row["method"] for row in rows_of(parameters) if "method" in row} == set(COSTS)
    assert {row["method"] for row in rows_of(seconds) if "method" in row} == set(COSTS) - {"l2"}


def test_diverged_method_has_no_mark(suite, make_study, diverge):
    for run in suite.of("hard"):
        diverge(run)
    for panel in panels_of(make_study(suite)):
        assert "hard" not in {row.get("method") for row in rows_of(panel)}


def test_nothing_to_draw(suite, make_study, diverge):
    for run in suite.runs:
        diverge(run)
    study = make_study(suite)
    assert draw_cost(study.leaderboard, study.styles) is None
