"""Δ test error = Δ train error + Δ gap, and the part of the gap that is closed."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.results import join_runs
from sharegap.results.decomposition import DECOMPOSITION, DIFFERENCES, ratio_interval
from sharegap.results.statistics import CONFIDENCE
from sharegap.results.summary import leaderboard

SEEDS = 8
SCORES = {"none": (0.95, 0.75), "hard": (0.96, 0.86), "l2": (0.85, 0.75), "wide": (0.99, 0.69)}
"""Train and test accuracy: hard generalizes better, l2 closes half of the gap by fitting worse, wide opens it."""


def cases(scores=SCORES, seeds=SEEDS, **figures):
    """What a seed does is the same to all methods, and much more than what is left to chance."""
    random = np.random.default_rng(0)
    of_seed = random.normal(0, 0.02, (seeds, 2))
    return {
        (method, None, seed): dict(
            zip(
                ("final_train_score", "final_test_score"),
                (means + of_seed[seed] + random.normal(0, 0.001, 2)).tolist(),
                strict=True,
            )
        )
        | figures
        for method, means in scores.items()
        for seed in range(seeds)
    }


@pytest.fixture
def found(make_table):
    """The rows of the leaderboard by method."""
    return lambda given: {row["method"]: row for row in leaderboard(join_runs(*make_table(given)), "none").to_dicts()}


def test_parts_of_known_differences(found):
    rows = found(cases())
    parts = {method: [row[name] for name in (*DIFFERENCES, "gap_closed")] for method, row in rows.items()}
    assert parts["hard"] == pytest.approx([-0.11, -0.01, -0.1, 0.5], abs=0.02)
    assert parts["l2"] == pytest.approx([0, 0.1, -0.1, 0.5], abs=0.02)
    assert parts["wide"] == pytest.approx([0.06, -0.04, 0.1, -0.5], abs=0.03)
    assert parts["none"] == [None] * 4


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_parts_add_up(found, higher_is_better):
    given = cases(higher_is_better=higher_is_better, score_name="accuracy" if higher_is_better else "perplexity")
    for method, row in found(given).items():
        if method != "none":
            test, train, gap = (row[name] for name in DIFFERENCES)
            assert test == pytest.approx(train + gap)
            assert test == pytest.approx((-1 if higher_is_better else 1) * row["delta_test_score"])


def test_intervals_are_paired(found):
    given = cases()
    row = found(given)["hard"]
    gaps = {
        method: [given[method, None, seed]["final_train_score"] - given[method, None, seed]["final_test_score"]
                 for seed in range(SEEDS)]
        for method in ("hard", "none")
    }  # fmt: skip
    expected = stats.ttest_rel(gaps["hard"], gaps["none"]).confidence_interval(CONFIDENCE)
    assert (row["delta_gap_low"], row["delta_gap_high"]) == pytest.approx((expected.low, expected.high))
    assert row["delta_gap_high"] - row["delta_gap_low"] < 0.01  # without pairs it would be ten times as wide


def test_only_shared_seeds_are_compared(found):
    given = cases()
    del given["none", None, 3]
    given["hard", None, 3]["final_test_score"] = 0.0
    assert found(given)["hard"]["delta_test_error"] == pytest.approx(-0.11, abs=0.02)


def test_diverged_run_has_no_parts(found):
    given = cases()
    given["hard", None, 2] |= {"diverged": True, "final_train_loss": math.nan, "final_test_loss": math.nan}
    rows = found(given)
    assert all(math.isnan(rows["hard"][name]) for name in DECOMPOSITION)
    assert math.isfinite(rows["l2"]["gap_closed"])


def test_one_seed_has_no_interval(found):
    row = found(cases(seeds=1))["hard"]
    assert row["gap_closed"] == pytest.approx(0.5, abs=0.02)
    assert all(math.isnan(row[f"{name}_low"]) for name in (*DIFFERENCES, "gap_closed"))


def test_nothing_is_closed_without_a_gap(found):
    """A ratio to nothing may be anything."""
    for train in (0.75, 0.6):
        row = found(cases(SCORES | {"none": (train, 0.75)}))["hard"]
        assert math.isnan(row["gap_closed"])
        assert math.isfinite(row["delta_gap"])


def test_no_parts_without_the_baseline(found):
    rows = found({case: figures for case, figures in cases().items() if case[0] != "none"})
    assert {rows["hard"][name] for name in DECOMPOSITION} == {None}


def test_bounds_of_a_ratio_just_differ():
    """At the bounds r, the mean of numerator − r · denominator has p = 5% by Student's t."""
    random = np.random.default_rng(1)
    denominators = random.normal(0.2, 0.05, SEEDS)
    numerators = 0.5 * denominators + random.normal(0, 0.02, SEEDS)
    ratio, *bounds = ratio_interval(numerators, denominators)
    assert ratio == pytest.approx(numerators.mean() / denominators.mean())
    for bound in bounds:
        assert stats.ttest_1samp(numerators - bound * denominators, 0).pvalue == pytest.approx(1 - CONFIDENCE)


def test_interval_of_a_ratio_covers(documented):
    """Gaps whose means and seeds are those of a small study: Fieller's interval is exact for normal ones."""
    random = np.random.default_rng(2)
    inside = []
    for _ in range(2000):
        shared = random.normal(0.2, 0.05, SEEDS)
        gap_of_none = shared + random.normal(0, 0.03, SEEDS)
        closed = 0.4 * shared + random.normal(0, 0.03, SEEDS)
        _, low, high = ratio_interval(closed, gap_of_none)
        inside.append(low <= 0.4 <= high)
    rate = np.mean(inside)
    assert rate == pytest.approx(documented["interval of the part of the gap that is closed covers it"], abs=0.01)
    assert rate == pytest.approx(CONFIDENCE, abs=0.015)
