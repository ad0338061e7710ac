"""The probability of improvement against SciPy and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.results.improvement import improvement_intervals, improvements
from tests.results.test_aggregate import SEEDS, study


def test_improvement_is_mann_whitney():
    errors_of_study = study(0.2, 0.195, 0.21)
    errors_of_study[1, :2] = errors_of_study[0, :2]  # ties
    found = improvements(errors_of_study)
    for value, own in zip(found, errors_of_study, strict=True):
        assert value == pytest.approx(stats.mannwhitneyu(errors_of_study[0], own).statistic / SEEDS**2)
    errors_of_study[1] = math.nan
    assert improvements(errors_of_study)[1] == 0


@pytest.mark.parametrize(("seeds", "studies"), [(2, 1), (8, 1), (10, 3)])
def test_improvement_interval_at_its_end(seeds, studies):
    """A method that wins at all seeds has a lower bound, where 1 − θ is 1.96² · V(θ) by hand."""
    always_better = np.array([np.full(seeds, 0.3), np.full(seeds, 0.2)])
    value, low, high = improvement_intervals([always_better] * studies)[:, 1]
    assert (value, high) == (1, 1)
    variance = low * (1 - low) * (1 + (seeds - 1) * ((1 - low) / (2 - low) + low / (1 + low))) / seeds**2 / studies
    assert 1 - low == pytest.approx(1.96 * math.sqrt(variance), abs=0.002)
    assert low < 0.95


def test_improvement_intervals_are_symmetric():
    studies = [study(0.3, 0.29, seed=seed) for seed in range(3)]
    value, low, high = improvement_intervals(studies)[:, 1]
    back = improvement_intervals([errors[::-1] for errors in studies])[:, 1]
    assert low < value < high
    assert [1 - bound for bound in back] == pytest.approx([value, high, low])
