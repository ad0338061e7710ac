"""Do the intervals across studies cover as often as they say? On made-up errors whose truth is known.

The rates stand in docs/statistics.md.
"""

import numpy as np
import pytest
from scipy import stats

from sharegap.results.aggregate import error_reduction_intervals
from sharegap.results.improvement import improvement_intervals
from sharegap.results.rank_test import rank_methods

SEEDS = 8
SUITES = 400
GAINS = np.array([0.0, -0.03, 0.01, 0.03, 0.05])  # of none and four methods, in each study plus its own


def inside(interval, truth):
    return (interval[1] <= truth) & (truth <= interval[2])


SETTINGS = {
    "overlapping": (GAINS, 0.05, 0.0),
    "apart": (4 * GAINS, 0.3, 0.0),  # a method that wins always, and one that loses
    "shared": (GAINS, 0.05, 0.5),  # a seed makes both methods good or bad
}
"""Gains, the baseline's smallest error, and the share of a run's variance that its seed has in common."""
SPREAD = 0.02


def coverage_over_studies(studies, seeds, gains, smallest_error, shared):
    """How often the intervals of an error reduction and of a probability of improvement contain the truth."""
    random = np.random.default_rng(0)
    none = np.linspace(smallest_error, smallest_error + 0.25, studies)[:, None]
    truth = none - gains * none / none.max() - 0.01 * random.random((studies, len(gains))) * (gains != 0)
    reduction = stats.trim_mean(1 - truth / truth[:, :1], 0.25, axis=0)

    def draw(seeds):
        data = SPREAD * np.sqrt(shared) * (random.gamma(1.0, size=(studies, 1, seeds)) - 1)
        rest = SPREAD * np.sqrt(1 - shared) * random.normal(size=(studies, len(gains), seeds))
        return list(truth[:, :, None] + data + rest)

    probability = improvement_intervals(draw(600))[0]
    found = []
    for _ in range(SUITES):
        runs = draw(seeds)
        intervals = error_reduction_intervals(runs, resamples=300), improvement_intervals(runs)
        found.append([inside(*pair) for pair in zip(intervals, (reduction, probability), strict=True)])
    return np.mean(found, axis=0)[:, 1:].mean(-1)


@pytest.mark.parametrize(("studies", "seeds"), [(2, 2), (2, 4), (2, 8), (6, 4), (6, 8)])
def test_intervals_over_studies_cover(studies, seeds, documented):
    """The lowest coverage of SETTINGS is as documented, and about 95% or more from two seeds on."""
    rates = np.array([coverage_over_studies(studies, seeds, *setting) for setting in SETTINGS.values()])
    for what, rate in zip(("an error reduction", "a probability of improvement"), rates.min(0), strict=True):
        where = f"{studies} studies of {seeds} seeds"
        assert rate == pytest.approx(documented[f"interval of {what} covers it, {where}"], abs=0.01)
        assert rate > 0.92


@pytest.mark.parametrize("studies", [5, 6, 10])
def test_mean_rank_intervals_cover_the_truth(studies, documented):
    """The mean rank over all such studies is covered nearly as often as stated."""
    random = np.random.default_rng(1)

    def errors(number):
        of_study = 0.2 - GAINS + random.normal(0, 0.03, (number, len(GAINS)))  # what helps one study harms another
        return list(of_study[:, :, None] + random.normal(0, 0.02, (number, len(GAINS), SEEDS)))

    truth = rank_methods(errors(20000))[1]
    rate = np.mean([inside(rank_methods(errors(studies))[1:], truth) for _ in range(SUITES)])
    assert rate == pytest.approx(documented[f"interval of a mean rank covers it, {studies} studies"], abs=0.02)
    # Ranks have ends: a method that is nearly always the last seems to have no spread at all.
    assert rate == pytest.approx(0.93, abs=0.03)
