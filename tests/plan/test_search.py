"""The search finds the best inside, extends where it lies at an end, and spends the same for all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharegap.plan.search import Axis, best_trial, edges, next_trials

STRENGTH = Axis("strength", (0.1, 1.0, 10.0), 1.0, weakest=1e-9, strongest=1e9, trials=4)
RATE = Axis("rate", (0.01, 0.03, 0.003), 0.01, weakest=1e-6, strongest=10, trials=3)


def search(axes, score, budget):
    """The scores of all trials, in the order in which they were run."""
    scores = {}
    while trials := next_trials(axes, scores, budget):
        assert not scores.keys() & set(trials)
        scores |= {trial: score(trial) for trial in trials}
    return scores


def peak(*best):
    return lambda trial: -sum(math.log10(value / at) ** 2 for value, at in zip(trial, best, strict=True))


@pytest.mark.parametrize("at", [1e-5, 0.02, 1.0, 5.0, 3000.0])
def test_best_of_one_number_lies_inside(at):
    scores = search([STRENGTH], peak(at), budget=12)
    assert len(scores) == 12
    assert edges([STRENGTH], scores) == []
    assert abs(math.log10(best_trial([STRENGTH], scores)[0] / at)) < 0.3


def test_a_steep_side_is_searched_too():
    """Scores fall slowly below the best value and fast above it; the best lies on the steep side of what was tried."""
    steep = {(strength,): -abs(math.log10(strength / 2)) * (1 if strength < 2 else 3) for strength in (0.1, 1, 10, 100)}
    axis = Axis("strength", (1.0, 10.0, 100.0), 10.0, weakest=1e-3, strongest=1e4, trials=6)
    scores = search([axis], lambda trial: steep.get(trial, -abs(math.log10(trial[0] / 2))), budget=6)
    assert abs(math.log10(best_trial([axis], scores)[0] / 2)) < 0.21


def test_extends_up_to_the_bound():
    axis = Axis("p", (0.1, 0.3), 0.1, weakest=1e-4, strongest=0.9, trials=6)
    scores = search([axis], lambda trial: trial[0], budget=6)
    assert best_trial([axis], scores) == (0.9,)
    assert edges([axis], scores) == ["p"]


def test_a_ladder_may_go_down():
    """Fewer templates share more."""
    axis = Axis("templates", (4, 2), 4, weakest=16, strongest=1, trials=3, whole=True)
    scores = search([axis], lambda trial: -trial[0], budget=5)
    assert set(scores) == {(4,), (2,), (1,)}
    assert best_trial([axis], scores) == (1,)
    assert best_trial([axis], dict.fromkeys(scores, 0.5)) == (4,)


def test_numbers_first_then_rates_at_the_best():
    scores = search([STRENGTH, RATE], peak(5.0, 0.03), budget=7)
    assert list(scores)[:3] == [(0.1, 0.01), (1.0, 0.01), (10.0, 0.01)]
    best = best_trial([STRENGTH], {trial[:1]: score for trial, score in list(scores.items())[:4]})
    assert {trial[0] for trial in list(scores)[4:]} == {best[0]}
    assert best_trial([STRENGTH, RATE], scores) == (best[0], 0.03)


def test_without_numbers_all_trials_are_rates():
    scores = search([RATE], peak(0.2), budget=7)
    assert len(scores) == 7
    assert abs(math.log10(best_trial([RATE], scores)[0] / 0.2)) < 0.3


def test_a_diverged_trial_is_the_worst():
    scores = search([STRENGTH], lambda trial: math.nan if trial[0] > 0.5 else 0.1, budget=6)
    assert best_trial([STRENGTH], scores)[0] < 0.5
    assert len(scores) == 6


def test_an_edge_is_one_at_whatever_rate():
    """Rates are tried at the best strength alone."""
    scores = search([STRENGTH, RATE], lambda trial: 1 / trial[0] + (trial[1] == 0.03), budget=6)
    assert best_trial([STRENGTH, RATE], scores)[1] == 0.03
    assert "strength" in edges([STRENGTH, RATE], scores)


def test_ties_go_to_the_weakest():
    assert best_trial([STRENGTH, RATE], {(1.0, 0.01): 0.5, (0.1, 0.03): 0.5, (0.1, 0.01): 0.5}) == (0.1, 0.01)


numbers = st.floats(-1, 1)


@given(st.lists(numbers, min_size=40, max_size=40), st.integers(3, 12))
def test_ends_within_the_budget_whatever_the_scores(draws, budget):
    given_scores = iter(draws)
    scores = search([STRENGTH, RATE], lambda _: next(given_scores), budget)
    assert len(scores) == budget
    assert best_trial([STRENGTH, RATE], scores) in scores


@given(st.lists(numbers, min_size=40, max_size=40))
def test_the_path_depends_on_the_scores_alone(draws):
    """A worker that sees all scores at once, in any order, wants the same next."""
    given_scores = iter(draws)
    scores = search([STRENGTH, RATE], lambda _: next(given_scores), 8)
    assert next_trials([STRENGTH, RATE], dict(reversed(scores.items())), 8) == []
