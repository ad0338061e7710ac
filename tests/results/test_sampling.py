"""What the size of the test part makes uncertain."""

import math

import pytest
from scipy import stats

from sharegap.results.sampling import sample_share, sampling_half_width


def test_half_width_of_120_samples():
    """At an accuracy of .744: ±.078, five times the ±.014 over seeds."""
    assert sampling_half_width(0.744, "accuracy", 120) == pytest.approx(0.078, abs=0.0005)


@pytest.mark.parametrize("n_test", [200, 1000, 10_000])
def test_half_width_is_about_the_exact_one(n_test):
    exact = stats.binomtest(round(0.8 * n_test), n_test).proportion_ci()
    found = sampling_half_width(0.8, "accuracy", n_test)
    assert found == pytest.approx((exact.high - exact.low) / 2, rel=0.06)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_perfect_score_is_uncertain_too(score):
    one_wrong = sampling_half_width(11 / 12, "accuracy", 12)
    assert sampling_half_width(score, "accuracy", 12) == pytest.approx(one_wrong)


@pytest.mark.parametrize(("name", "n_test"), [("R²", 12), ("perplexity", 12), ("accuracy", None)])
def test_unknown_spread_is_not_shown(name, n_test):
    assert sampling_half_width(0.5, name, n_test) is None
    assert sample_share(name, n_test) == 0


def test_share_of_a_sample():
    assert math.isclose(sample_share("verification accuracy", 12), 1 / 12)
