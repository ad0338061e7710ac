"""What scores without a network, beside the methods of a study."""

import pytest

from sharegap.leaderboard.report import load_report


@pytest.fixture
def anchors(tmp_path):
    """The table of anchors of a suite, by study and anchor."""

    def summarize(suite):
        report = load_report(suite.store(tmp_path), "made_up")
        return {(row["study"], row["anchor"]): row for row in report.anchors.to_dicts()}

    return summarize


def test_mean_and_interval_over_seeds(make_suite, anchors):
    suite = make_suite()
    suite.anchor("linear", 0.7)
    first, second = (run["final_test_score"] for run in suite.runs[-2:])
    row = anchors(suite)["mnist1d", "linear"]
    assert row["test_score"] == pytest.approx((first + second) / 2)
    assert row["test_score_low"] < row["test_score"] < row["test_score_high"]
    assert row["gap_score"] == pytest.approx(0.1)
    assert row["seeds"] == 2


@pytest.mark.parametrize("turned", [False, True])
def test_better_than_every_method(make_suite, anchors, turned):
    """Whichever direction is better."""
    suite = make_suite(studies=["a", "b"])
    suite.anchor("linear", 0.95)
    suite.anchor("chance", 0.88)
    if turned:
        suite.turn("a")
    rows = anchors(suite)
    assert {name: row["beats_methods"] for (study, name), row in rows.items() if study == "a"} == {
        "linear": True,
        "chance": False,
    }


def test_unfinished_study_has_no_winner(make_suite, anchors):
    suite = make_suite(studies=["a", "b"])
    suite.runs.remove(suite.of_study("a")[-1])
    suite.anchor("linear", 0.95)
    rows = anchors(suite)
    assert (rows["a", "linear"]["beats_methods"], rows["b", "linear"]["beats_methods"]) == (False, True)


def test_unmeasured_anchors_have_no_row(make_suite, anchors):
    suite = make_suite()
    suite.anchors = {"mnist1d": {"linear": ["f" * 16]}}
    assert anchors(suite) == {}
