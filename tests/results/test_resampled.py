"""Inference over random splits: against the plain t test, by hand, and where nothing differs."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.results.power import detectable_difference
from sharegap.results.resampled import detectable_gain, resampled_test

DIFFERENCES = [0.01, 0.03, -0.01, 0.02, 0.05]


def test_without_overlap_it_is_the_t_test():
    test = resampled_test(DIFFERENCES, ratio=0.0)
    expected = stats.ttest_1samp(DIFFERENCES, 0)
    assert test.p_value == pytest.approx(expected.pvalue)
    assert (test.low, test.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_overlap_widens_as_the_formula_says():
    plain, corrected = resampled_test(DIFFERENCES, 0.0), resampled_test(DIFFERENCES, 0.25)
    widening = math.sqrt((1 / 5 + 0.25) / (1 / 5))
    assert corrected.high - corrected.mean == pytest.approx(widening * (plain.high - plain.mean))
    assert corrected.p_value > plain.p_value


@pytest.mark.parametrize("differences", [[], [0.1], [0.1, math.nan]])
def test_no_p_value_without_two_numbers(differences):
    assert math.isnan(resampled_test(differences, 0.25).p_value)


def test_equal_differences_have_no_spread():
    assert resampled_test([0.0] * 4, 0.25).p_value == 1
    assert resampled_test([0.5] * 4, 0.25).p_value == 0


def test_detectable_gain_is_that_of_a_wider_spread():
    """Without overlap it is that of the paired t test; more seeds never show less."""
    assert detectable_gain(0.1, 8, 0.0, 3) == detectable_difference(0.1, 8, 3)
    gains = [detectable_gain(0.1, splits, 0.25, 3) for splits in (4, 8, 16, 64)]
    assert gains == sorted(gains, reverse=True)


def test_error_rate_of_random_splits():
    """Where two methods are equally good on all data, few data sets show a difference; the plain t test shows many."""
    rng = np.random.default_rng(0)
    found = {0.0: 0, 0.25: 0}
    for _ in range(400):
        # Each sample is easier for one of two methods, by chance; a split takes a fifth of them.
        gains = rng.normal(size=100)
        differences = [rng.permutation(gains)[:20].mean() for _ in range(10)]
        for ratio in found:
            found[ratio] += resampled_test(differences, ratio).p_value <= 0.05
    assert found[0.25] / 400 <= 0.07
    assert found[0.0] / 400 > 0.15
