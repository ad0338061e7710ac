import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from sharegap.results.statistics import holm, mean_interval, min_seeds_for_significance, permutation_p_values


def test_mean_interval_is_students_t():
    mean, low, high = mean_interval([1.0, 2.0, 3.0, 4.0])
    # t(0.975, 3) = 3.18245, s = 1.29099, n = 4
    assert (mean, high - mean, mean - low) == pytest.approx((2.5, 2.05426, 2.05426), abs=1e-4)


def test_mean_interval_covers_in_95_of_100_cases():
    rng = np.random.default_rng(0)
    cases = 4000
    inside = 0
    for sample in rng.normal(0.7, 0.02, size=(cases, 8)):
        _, low, high = mean_interval(sample)
        inside += low <= 0.7 <= high
    assert inside / cases == pytest.approx(0.95, abs=0.015)


def test_mean_interval_of_too_few_values_is_nan():
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)
    for values in ([], [0.5, math.nan], [0.5, math.inf]):
        assert all(math.isnan(number) for number in mean_interval(values))


def test_p_value_is_share_of_extreme_sign_flips():
    differences = np.array([0.03, 0.01, -0.02, 0.04, 0.05])
    flips = [abs(np.dot(signs, differences)) for signs in product((1, -1), repeat=5)]
    expected = np.mean([flip >= abs(differences.sum()) - 1e-12 for flip in flips])
    assert permutation_p_values(differences) == pytest.approx(expected)
    assert permutation_p_values(-differences) == pytest.approx(expected)


def test_p_values_batched_equal_single():
    """The same one by one, and never below what the seeds allow."""
    differences = np.random.default_rng(0).normal(0.5, 1, (3, 8))
    differences[0] = abs(differences[0])  # all of one sign: the smallest p-value that there is
    p_values = permutation_p_values(differences)
    assert p_values.tolist() == [float(permutation_p_values(row)) for row in differences]
    assert p_values[0] == p_values.min() == 2 / 2**8


def test_p_value_of_many_seeds():
    """Sign flips are sampled, and the p-value is the same every time."""
    differences = np.random.default_rng(1).normal(0.4, 1, 20)
    p_value = permutation_p_values(differences)
    assert p_value == permutation_p_values(differences)
    assert p_value == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.02)


def test_p_value_without_differences_is_nan():
    missing = permutation_p_values(np.array([[0.1, math.nan, 0.2], [0.1, 0.3, 0.2]]))
    assert np.isnan(missing).tolist() == [True, False]
    assert np.isnan(permutation_p_values(np.array([0.1])))
    assert np.isnan(permutation_p_values(np.array([])))
    assert permutation_p_values(np.zeros(8)) == 1


def test_holm_is_the_published_step_down():
    # Holm (1979): the smallest times 4, the next times 3, ..., never less than the one before, at most 1
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])
    assert holm([0.9, 0.6]) == pytest.approx([1, 1])


def test_holm_counts_a_test_without_a_p_value():
    adjusted = holm([math.nan, 0.01, 0.02])
    assert math.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.03, 0.04])


@pytest.mark.parametrize(("tests", "seeds"), [(1, 6), (5, 8), (6, 8), (7, 9), (12, 9), (13, 10)])
def test_min_seeds_for_significance(tests, seeds):
    def adjusted(n):
        return holm(permutation_p_values(np.ones((tests, n)))).min()

    assert min_seeds_for_significance(tests) == seeds
    assert adjusted(seeds) <= 0.05 < adjusted(seeds - 1)
