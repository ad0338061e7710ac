"""The sentences of a study and of a suite: what they claim, and when they claim nothing."""

import pytest

from sharegap.leaderboard.claims import study_claim, suite_claim
from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.claims import claims_section


@pytest.fixture
def claim(make_suite, tmp_path):
    """The claim of a study of methods with these mean scores, after a change to the suite."""

    def make(scores, seeds=8, change=lambda suite: None):
        methods = {name: (score, 0.1, [None]) for name, score in scores.items()}
        suite = make_suite(seeds=seeds, methods=methods)
        change(suite)
        return study_claim(load_report(suite.store(tmp_path), "made_up").study("mnist1d"))

    return make


CLEAR = {"none": 0.8, "hard": 0.9, "l2": 0.7}


def test_a_clear_win(claim):
    text = claim(CLEAR)
    assert text.startswith("hard beats none by 0.1")
    assert text.endswith("] (p ≤ 0.016); it is better than every other method.")


def test_ties_are_named(claim):
    others = {f"m{number}": 0.9 for number in range(8)}
    text = claim({"none": 0.6, **others}, seeds=10)
    assert " beats none by 0.3" in text
    assert text.endswith(" and 1 more.")
    assert text.split("cannot be told from")[1].count(", m") == 5


def test_less_is_better_by_positive_amounts(claim):
    text = claim(CLEAR, change=lambda suite: suite.turn("mnist1d"))
    assert text.startswith("hard beats none by 5.")
    assert "−" not in text


def test_nothing_beats_the_baseline(claim):
    text = claim({"none": 0.8, "l2": 0.8, "soft": 0.8}, seeds=10)
    assert text.startswith("No method beats none")
    assert "a t test would have seen a difference of 0.0" in text


def test_control_that_does_as_well(claim):
    def follow(suite, gain):
        """Narrow scores as hard does, but for noise and a gain."""
        for number, (control, shared) in enumerate(zip(suite.of("narrow"), suite.of("hard"), strict=True)):
            control["final_test_score"] = shared["final_test_score"] + gain + (0.02 if number % 2 else -0.02)

    scores = {"none": 0.7, "hard": 0.9, "narrow": 0.8, "l2": 0.6}
    text = claim(scores, seeds=10, change=lambda suite: follow(suite, -0.001))
    assert text.startswith("hard beats none by ")
    assert text.endswith("; but the control narrow does as well, so it is not the sharing.")
    text = claim(scores, seeds=10, change=lambda suite: follow(suite, 0.001))
    assert text.startswith("The control narrow beats none by ")
    assert text.endswith("; it cannot be told from hard.")


def test_unfinished_study_claims_nothing(claim):
    text = claim(CLEAR, change=lambda suite: suite.runs.pop())
    assert text == "23 of 24 runs are finished: no claim yet."


def test_study_without_measured_runs(make_suite, tmp_path):
    suite = make_suite(studies=["a", "b"], seeds=8)
    suite.runs = suite.of_study("a")
    report = load_report(suite.store(tmp_path), "made_up")
    (table,) = claims_section(report).tables
    assert [row["study"] for row in table.rows] == ["a", "b"]
    assert table.rows[1]["claim"] == "0 of 58 runs are finished: no claim yet."
    assert suite_claim(report) == "No claim about the suite yet: 1 of 2 studies are complete. Not finished: b."


def test_few_seeds_claim_nothing(claim):
    text = claim(CLEAR, seeds=4)
    assert text.startswith("No claim: 4 seeds are too few for a p of at most 5 %, it takes 7; hard has the best mean")
    assert "beats" not in text
    assert claim(CLEAR, seeds=1).startswith("No claim: 1 seed is too few")


def test_study_without_the_baseline(claim):
    text = claim({"hard": 0.9, "l2": 0.7})
    assert text == "No claim against none, which this study leaves out; hard is better than every other method."


def test_single_method(claim):
    assert claim({"none": 0.8}) == "none is the only method: there is nothing to compare."


def test_diverged_baseline(claim, diverge):
    def change(suite):
        for run in suite.of("none"):
            diverge(run)

    assert claim(CLEAR, change=change).startswith("No claim against none, of which a run diverged; hard is better")


def test_negative_control_says_so(claim):
    def change(suite):
        suite.negative_controls = ["mnist1d"]

    assert claim(CLEAR, change=change).startswith("Negative control, where sharing should not help. hard beats none")


def test_suite_says_where_sharing_helps(make_suite, tmp_path):
    suite = make_suite(studies=["a", "b", "c"], seeds=8)
    suite.negative_controls = ["c"]
    for run in suite.of_study("c"):
        run["final_test_score"] = 0.5
    report = load_report(suite.store(tmp_path), "made_up")
    text = suite_claim(report)
    assert "Where its assumption holds, hard beats none in 2 of 2 studies, cannot be told from it in 0" in text
    assert "It removes 49." in text or "It removes 50." in text
    assert "(negative controls), hard beats none in 0 of 1 studies, cannot be told from it in 1 and loses in 0." in text


def test_single_study_is_no_suite(make_suite, tmp_path):
    """Nothing is counted, and no control is missed; what sharing closes is said."""
    text = suite_claim(load_report(make_suite(seeds=8).store(tmp_path), "made_up"))
    assert text == "hard closes 50.0 % [50.0, 50.0] of the gap of none."


def test_suite_without_sharing(make_suite, tmp_path):
    suite = make_suite(seeds=8, methods={"none": (0.8, 0.1, [None]), "l2": (0.7, 0.1, [None])})
    assert suite_claim(load_report(suite.store(tmp_path), "made_up")) == "No method of this suite shares weights."
