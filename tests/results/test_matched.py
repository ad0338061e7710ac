"""Runs compared where their training curves reach a common target."""

import math

import numpy as np
import pytest

from sharegap.results.matched import MATCHED, crossing, match
from sharegap.results.selection import join_runs
from sharegap.results.summary import leaderboard

STEPS = {"curve_step": [10, 20, 30]}
HARD = STEPS | {
    "curve_train_loss": [2.0, 1.0, 0.2], "curve_test_loss": [2.2, 1.6, 1.6],
    "curve_train_score": [0.4, 0.6, 0.9], "curve_test_score": [0.3, 0.5, 0.8],
}  # fmt: skip
NONE = STEPS | {
    "curve_train_loss": [2.0, 1.5, 1.2], "curve_test_loss": [2.2, 2.0, 2.0],
    "curve_train_score": [0.4, 0.6, 0.7], "curve_test_score": [0.3, 0.4, 0.45],
}  # fmt: skip


def table_of(make_table, cases, **settings):
    rows = leaderboard(join_runs(*make_table(cases, **settings)), "none").to_dicts()
    return {row["method"]: row for row in rows}


def as_perplexity(figures):
    turned = {name: [1 / value for value in figures[name]] for name in ("curve_train_score", "curve_test_score")}
    return figures | turned | {"score_name": "perplexity", "higher_is_better": False}


@pytest.mark.parametrize(
    ("curve", "target", "position"),
    [
        ([0.5, 0.7, 0.9], 0.75, 1.25),
        ([0.5, 0.7, 0.6, 0.9], 0.65, 0.75),  # the first time
        ([0.5, 0.7], 0.5, 0),
        ([0.5, 0.7], 0.7, 1),
        ([0.5, 0.7], 0.71, math.nan),
        ([0.5, 0.7], 0.49, math.nan),  # before the first evaluation
        ([0.5, math.nan], 0.6, math.nan),
        ([], 0.6, math.nan),
    ],
)
def test_crossing_by_hand(curve, target, position):
    assert crossing(np.array(curve), target) == pytest.approx(position, nan_ok=True)


def test_matched_figures_by_hand(make_table):
    """hard is at a loss of .6 midway from .2 to 1, and at none's best train score a third of the way from .6 to .9."""
    rows = table_of(make_table, {("hard", None, 0): HARD, ("none", None, 0): NONE}, target_loss=0.6)
    hard, none = rows["hard"], rows["none"]
    assert hard["loss_matched_test_score"] == pytest.approx(0.65)
    assert hard["loss_matched_gap_score"] == pytest.approx(0.1)
    assert hard["loss_matched_gap_loss"] == pytest.approx(1.0)
    assert (hard["loss_matched_share"], none["loss_matched_share"]) == (1, 0)
    assert math.isnan(none["loss_matched_gap_loss"])
    assert none["target_score"] == hard["target_score"] == 0.7
    assert hard["score_matched_test_score"] == pytest.approx(0.6)
    assert none["score_matched_test_score"] == pytest.approx(0.45)


def test_matched_scores_of_perplexity(make_table):
    cases = {("hard", None, 0): as_perplexity(HARD), ("none", None, 0): as_perplexity(NONE)}
    rows = table_of(make_table, cases)
    assert rows["hard"]["target_score"] == pytest.approx(1 / 0.7)
    part = (1 / 0.6 - 1 / 0.7) / (1 / 0.6 - 1 / 0.9)
    assert rows["hard"]["score_matched_test_score"] == pytest.approx(1 / 0.5 + part * (1 / 0.8 - 1 / 0.5))
    assert rows["none"]["score_matched_test_score"] == pytest.approx(1 / 0.45)


def test_one_failed_run_sets_no_target(make_table):
    """Of ten runs one stays at chance, another diverges, and a method of one run has no curve, as an anchor."""
    stuck = NONE | {"curve_train_score": [0.1, 0.1, 0.1]}
    cases = {("none", None, seed): NONE for seed in range(9)} | {("none", None, 9): stuck}
    cases |= {("hard", None, 0): HARD, ("hard", None, 1): stuck | {"diverged": True}}
    cases |= {("chance", None, 0): dict.fromkeys(HARD)}
    rows = table_of(make_table, cases)
    assert rows["none"]["target_score"] == 0.7
    assert (rows["none"]["score_matched_share"], rows["hard"]["score_matched_share"]) == (0.9, 0.5)
    assert rows["hard"]["score_matched_test_score"] == pytest.approx(0.6)
    assert rows["chance"]["score_matched_share"] is None
    assert math.isnan(rows["chance"]["score_matched_test_score"])


def test_run_without_targets():
    run = {name: [0.5] for name in HARD} | {"curve_validation_loss": [None], "curve_validation_score": [None]}
    matched = match(run | {"higher_is_better": True, "target_loss": None, "target_score": None})
    assert list(matched) == list(MATCHED)
    assert all(math.isnan(value) for value in matched.values())
