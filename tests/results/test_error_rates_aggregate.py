"""Do the figures across studies cover as often as they say? On made-up errors whose truth is known.

The rates stand in docs/statistics.md.
"""

import numpy as np
import pytest
from scipy import stats

from sharegap.results.aggregate import bootstrap_intervals, mean_rank_intervals

STUDIES, SEEDS = 6, 8
SUITES = 400
GAINS = np.array([0.0, -0.03, 0.01, 0.03, 0.05])  # of none and four methods, in each study plus its own


def inside(interval, truth):
    return (interval[1] <= truth) & (truth <= interval[2])


def test_bootstrap_intervals_cover_the_truth(documented):
    random = np.random.default_rng(0)
    none = np.linspace(0.05, 0.3, STUDIES)[:, None]
    truth = none * (1 - 5 * GAINS) - 0.01 * random.random((STUDIES, len(GAINS))) * (GAINS != 0)
    reduction = stats.trim_mean(1 - truth / truth[:, :1], 0.25, axis=0)
    spread = 0.02
    probability = stats.norm.cdf((truth[:, :1] - truth) / (np.sqrt(2) * spread)).mean(0)
    found = []
    for _ in range(SUITES):
        runs = truth[:, :, None] + random.normal(0, spread, (STUDIES, len(GAINS), SEEDS))
        intervals = bootstrap_intervals(list(runs), resamples=500)
        found.append([inside(*pair) for pair in zip(intervals, (reduction, probability), strict=True)])
    rates = np.mean(found, axis=0)[:, 1:].mean(-1)
    for what, rate in zip(("an error reduction", "a probability of improvement"), rates, strict=True):
        assert rate == pytest.approx(documented[f"interval of {what} covers it, 6 studies"], abs=0.02)
        assert rate == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("studies", [5, 6, 10])
def test_mean_rank_intervals_cover_the_truth(studies, documented):
    """The mean rank over all such studies is covered nearly as often as stated."""
    random = np.random.default_rng(1)

    def errors(number):
        of_study = 0.2 - GAINS + random.normal(0, 0.03, (number, len(GAINS)))  # what helps one study harms another
        return list(of_study[:, :, None] + random.normal(0, 0.02, (number, len(GAINS), SEEDS)))

    truth = mean_rank_intervals(errors(20000))[0]
    rate = np.mean([inside(mean_rank_intervals(errors(studies)), truth) for _ in range(SUITES)])
    assert rate == pytest.approx(documented[f"interval of a mean rank covers it, {studies} studies"], abs=0.02)
    # Ranks have ends: a method that is nearly always the last seems to have no spread at all.
    assert rate == pytest.approx(0.93, abs=0.03)
