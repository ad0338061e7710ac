import math

import numpy as np
import pytest

from sharegap.results.statistics import mean_interval


def test_is_students_t_interval():
    mean, low, high = mean_interval([1.0, 2.0, 3.0, 4.0])
    # t(0.975, 3) = 3.18245, s = 1.29099, n = 4
    assert (mean, high - mean, mean - low) == pytest.approx((2.5, 2.05426, 2.05426), abs=1e-4)


def test_covers_the_mean_in_95_of_100_cases():
    rng = np.random.default_rng(0)
    cases = 4000
    inside = 0
    for sample in rng.normal(0.7, 0.02, size=(cases, 8)):
        _, low, high = mean_interval(sample)
        inside += low <= 0.7 <= high
    assert inside / cases == pytest.approx(0.95, abs=0.015)


def test_says_nothing_where_there_is_nothing_to_say():
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)
    for values in ([], [0.5, math.nan], [0.5, math.inf]):
        assert all(math.isnan(number) for number in mean_interval(values))
