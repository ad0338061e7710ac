"""Our statistics against the libraries of the papers they are from: `pip install -e .[oracles]`, else skipped."""

import importlib
import warnings

import numpy as np
import pytest
from scipy import stats

from sharegap.results.aggregate import interquartile_mean, performance_profile
from sharegap.results.improvement import improvements
from sharegap.results.power import POWER, detectable_difference
from sharegap.results.rank_test import rank_test, ranks
from sharegap.results.statistics import mean_interval

STUDIES, METHODS, SEEDS = 12, 4, 8
EXACT = 1e-12  # the same arithmetic in another order


def oracle(name):
    """The module, imported without its own deprecations; a test is skipped where it is not installed."""
    pytest.importorskip(name.partition(".")[0], exc_type=ImportError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


@pytest.fixture
def studies():
    """Errors (methods, seeds) of each study, with ties as scores of few samples have."""
    random = np.random.default_rng(0)
    centers = np.array([0.5, 0.4, 0.35, 0.45])[:, None]
    return [(centers + random.normal(0, 0.1, (METHODS, SEEDS))).round(2) for _ in range(STUDIES)]


def test_interquartile_mean_is_rliables():
    """Rliable pools the runs of all tasks; with one run per task both are the mean of the middle half."""
    metrics = oracle("rliable.metrics")
    for number in (3, 4, 12, 13):
        scores = np.random.default_rng(number).normal(size=number)
        expected = metrics.aggregate_iqm(scores[None])
        assert interquartile_mean(scores) == pytest.approx(expected, abs=EXACT)


def test_probability_of_improvement_is_rliables(studies):
    """Rliable takes scores, of which more is better: errors with the other sign. It counts ties as one half too."""
    metrics = oracle("rliable.metrics")
    ours = np.mean([improvements(study) for study in studies], axis=0)
    scores = -np.stack(studies)  # (studies, methods, seeds)
    for method in range(1, METHODS):
        expected = metrics.probability_of_improvement(scores[:, method].T, scores[:, 0].T)
        assert ours[method] == pytest.approx(expected, abs=EXACT)


def test_performance_profile_is_rliables(studies):
    """Rliable pools all runs; with as many seeds in each study this is the mean over studies."""
    library = oracle("rliable.library")
    thresholds = np.linspace(-0.5, 0.8, 27)
    ours = performance_profile(studies, thresholds)
    for method in range(METHODS):
        reductions = np.stack([1 - study[method] / study[0].mean() for study in studies], axis=1)
        expected = [library.run_score_deviation(reductions, threshold) for threshold in thresholds]
        assert ours[method] == pytest.approx(expected, abs=EXACT)


def test_rank_tests_are_scikit_posthocs(studies):
    """Nemenyi's p-values cross 5% where two mean ranks are one critical difference apart."""
    posthocs = oracle("scikit_posthocs")
    study_ranks = ranks(studies)
    means = np.stack([study.mean(-1) for study in studies])
    test = rank_test(study_ranks)
    assert test.p_value == pytest.approx(stats.friedmanchisquare(*means.T).pvalue, abs=EXACT)
    p_values = np.asarray(posthocs.posthoc_nemenyi_friedman(means))
    apart = np.abs(test.mean_ranks[:, None] - test.mean_ranks) >= test.critical_difference
    assert apart.any()
    assert not apart[~np.eye(METHODS, dtype=bool)].all()
    assert ((p_values <= 0.05) == apart).all()


def test_interval_of_a_difference_is_baycomps():
    """Its posterior is Student's t around our mean, wider by Nadeau and Bengio's factor for folds that overlap.

    Seeds do not overlap, so our variance of the mean is s² / n, where its is s² (1 / n + 1 / (n − 1)).
    """
    baycomp = oracle("baycomp")
    differences = np.random.default_rng(0).normal(0.02, 0.02, SEEDS)
    posterior = baycomp.CorrelatedTTest(np.zeros(SEEDS), differences)
    half_width = stats.t.ppf(0.975, posterior.df) * np.sqrt(posterior.var / (1 + SEEDS / (SEEDS - 1)))
    expected = (posterior.mean, posterior.mean - half_width, posterior.mean + half_width)
    assert mean_interval(differences) == pytest.approx(expected, abs=EXACT)


def test_pairs_for_an_effect_are_statsmodels():
    """Statsmodels counts both tails, of which the other is below 1e-5 at 80% power."""
    power = oracle("statsmodels.stats.power").TTestPower()
    for pairs, planned in ((8, 5), (15, 1), (30, 10)):
        effect = detectable_difference(1.0, pairs=pairs, planned=planned)
        assert power.power(effect, pairs, 0.05 / planned) == pytest.approx(POWER, abs=1e-5)
