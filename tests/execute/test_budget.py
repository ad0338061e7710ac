"""What is compared in a given time: smaller searches before fewer methods, and never less than two methods."""

import pytest

from sharegap.errors import UserError
from sharegap.execute.budget import SIZES, fit_budget

COSTS = {"none": 0.5, "soft": 0.5, "hard": 0.5, "ensemble": 2.5}


def test_much_time_cuts_nothing():
    budget = fit_budget(COSTS, minutes=60)
    assert (budget.size, budget.methods, budget.cut) == (SIZES[0], list(COSTS), "")


def test_less_time_never_compares_more():
    amounts = []
    for minutes in (0.8, 1, 2, 3, 5, 10, 60):
        budget = fit_budget(COSTS, minutes)
        amounts.append((len(budget.methods), budget.size.trials * budget.size.tuning_seeds + budget.size.seeds))
    assert amounts == sorted(amounts)
    assert len(set(amounts)) > 3


def test_the_last_methods_go_first_and_are_named():
    budget = fit_budget(COSTS, minutes=0.8)
    assert budget.methods == ["none", "soft", "hard"][: len(budget.methods)]
    assert "not compared: " in budget.cut
    assert "ensemble" in budget.cut


def test_too_little_time_says_how_much_it_takes():
    with pytest.raises(UserError, match=r"minutes must be enough to compare none and soft, about \d+ s, got 0.01"):
        fit_budget(COSTS, minutes=0.01)


def test_asked_for_numbers_stay():
    budget = fit_budget(COSTS, minutes=0.9, trials=2, seeds=3)
    assert (budget.size.trials, budget.size.seeds, budget.size.learning_rates) == (2, 3, (1,))
    assert "settings" not in budget.cut
