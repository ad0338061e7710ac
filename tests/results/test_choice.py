"""What is decided on validation scores: the simplest thing that nothing beats."""

import math

import numpy as np
import pytest

from sharegap.results.choice import decide

SPREAD = np.array([0.01, -0.01, 0.02, -0.02, 0.0, 0.01])


def scores(**means):
    """By name, six scores around a mean, each with an order of its own."""
    return {name: list(mean + np.roll(SPREAD, place)) for place, (name, mean) in enumerate(means.items())}


def decided(methods, anchors=None, controls=(), sample=0.0):
    return decide(methods, anchors or {}, baseline="none", controls=controls, ratio=0.25, sample=sample)


@pytest.mark.parametrize(
    ("methods", "anchors", "outcome", "network"),
    [
        ({"none": 0.7, "soft": 0.9, "l2": 0.8}, {"chance": 0.5, "linear": 0.6}, "method", "soft"),
        ({"none": 0.7, "soft": 0.71}, {"chance": 0.5, "linear": 0.6}, "baseline", "none"),
        ({"none": 0.7, "soft": 0.9}, {"chance": 0.5, "linear": 0.9}, "linear", "soft"),
        ({"none": 0.5, "soft": 0.5}, {"chance": 0.5, "linear": 0.5}, "nothing", "none"),
        ({"none": -0.5, "soft": 0.0}, {"chance": 0.0, "linear": -0.1}, "nothing", "soft"),
        ({"none": 0.7, "soft": 0.9}, {}, "method", "soft"),
        ({"none": 0.7, "soft": 0.5}, {}, "baseline", "none"),
    ],
)
def test_the_simplest_that_is_not_beaten(methods, anchors, outcome, network):
    decision = decided(scores(**methods), scores(**anchors))
    assert (decision.outcome, decision.network) == (outcome, network)


def test_a_control_is_not_taken():
    decision = decided(scores(none=0.7, same_start=0.9, soft=0.8), controls=["same_start"])
    assert decision.network == "soft"
    assert decision.compared == 1


def test_one_sample_is_no_gain():
    methods = {"none": [0.5] * 6, "soft": [0.6] * 6}
    assert decided(methods).outcome == "method"
    assert decided(methods, sample=0.1).outcome == "baseline"


def test_two_seeds_that_coincide_are_no_evidence():
    """Scores of few samples coincide: their spread is not taken for less than what one sample counts."""
    assert decided({"none": [0.5] * 2, "soft": [0.6] * 2}, sample=0.05).outcome == "baseline"
    assert decided({"none": [0.5] * 6, "soft": [0.8] * 6}, sample=0.05).outcome == "method"


def test_a_diverged_method_is_not_taken():
    """It still counts where p-values are adjusted; where the baseline diverged, the best of the others is taken."""
    methods = scores(none=0.7, soft=0.9, l2=0.8)
    methods["soft"][2] = math.nan
    decision = decided(methods)
    assert (decision.network, decision.compared) == ("l2", 2)
    methods["none"][0] = math.nan
    assert decided(methods).network == "l2"


def test_adjusted_for_all_that_are_compared():
    few, many = scores(none=0.7, soft=0.74), scores(none=0.7, soft=0.74, a=0.7, b=0.7, c=0.7)
    p_few, p_many = decided(few).gain.p_value, decided(many).gain.p_value
    assert p_many == pytest.approx(4 * p_few)


def test_error_rate_without_a_better_method():
    """Six equal methods on random splits of one data set each: rarely is one taken."""
    rng = np.random.default_rng(1)
    taken = 0
    for _ in range(100):
        samples = rng.normal(size=(7, 100))  # how good each method is at each sample
        order = [rng.permutation(100)[:20] for _ in range(10)]
        methods = {}
        for name, row in zip(("none", "a", "b", "c", "d", "e", "f"), samples, strict=True):
            methods[name] = [row[part].mean() for part in order]
        taken += decided(methods).outcome == "method"
    assert taken / 100 <= 0.05
