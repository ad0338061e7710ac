"""What is searched for a method."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.trials import axes_of, mean_scores, set_numbers


def config(tunes=None, **sharing):
    return OmegaConf.create(
        {
            "method": {"tunes": tunes},
            "sharing": {"strength": 1, "strategy": {"layers": 1, "rank": 2}, "shown": "${sharing.strength}", **sharing},
            "regularizer": {"l2": {"strength": 0.1, "grid": [0.01, 0.1, 1]}},
            "optimizer": {"lr": 0.01},
        }
    )


def names(axes):
    return [axis.name for axis in axes]


def test_numbers_come_before_the_rate():
    strength, rate = axes_of("soft", config("sharing.strength", grid=[1, 10, 100]), [1, 3, 0.3], budget=6)
    assert (strength.name, strength.grid, strength.default, strength.whole) == (
        "sharing.strength",
        (1, 10, 100),
        10,
        False,
    )
    assert strength.trials == 4  # the other two are rates
    assert (rate.name, rate.grid, rate.default) == ("optimizer.lr", (0.01, 0.03, 0.003), 0.01)


def test_two_numbers_share_the_trials():
    both = config(["sharing.strength", "regularizer.l2.strength"], grid=[1, 10])
    axes = axes_of("soft+l2", both, [1, 3], budget=9)
    assert names(axes) == ["sharing.strength", "regularizer.l2.strength", "optimizer.lr"]
    assert [axis.trials for axis in axes[:2]] == [4, 4]


def test_a_rate_of_its_own_is_no_number():
    assert names(axes_of("none", config(), [1, 3], budget=6)) == ["optimizer.lr"]
    assert axes_of("none", config(), [1], budget=6) == []


def test_a_module_that_trains_by_itself_has_a_factor():
    """Of its own rates: sharegap's optimizer is not its."""
    own = OmegaConf.merge(config(), {"model": {"lr_factor": 2.0}})
    [rate] = axes_of("none", own, [1, 3], budget=6)
    assert (rate.name, rate.grid) == ("model.lr_factor", (2.0, 6.0))


def test_a_grid_may_stand_in_a_section_around():
    [axis] = axes_of("hard_first", config("sharing.strategy.layers", grid=[1, 2, 3]), [1], budget=6)
    assert axis.whole
    assert axis.cast(axis.default) == 2


def test_bounds_stand_beside_the_grid():
    [axis] = axes_of("templates", config("sharing.strategy.rank", grid=[4, 2], bounds=[16, 1]), [1], budget=6)
    assert (axis.weakest, axis.strongest) == (16, 1)


def test_an_empty_grid_is_not_searched():
    assert axes_of("early_stopping", config("sharing.strength", grid=[]), [1], budget=6) == []


def test_refuses_a_number_without_a_grid():
    with pytest.raises(UserError, match=r"method=soft tunes sharing\.strength, which has no grid"):
        axes_of("soft", config("sharing.strength"), [1], budget=6)


def test_refuses_a_budget_without_a_trial_for_each_number():
    soft = config("sharing.strength", grid=[1, 10])
    with pytest.raises(UserError, match=r"^suite.trials must be 1, or >= 3 for all that method=soft tunes, got 2$"):
        axes_of("soft", soft, [1, 3, 0.3], budget=2)
    assert [axis.trials for axis in axes_of("soft", soft, [1, 3, 0.3], budget=3)] == [1, 3]


def test_numbers_are_set_in_a_new_config():
    before = config()
    changed = set_numbers(before, {"sharing.strength": 3.0})
    assert (changed.sharing.strength, changed.sharing.shown) == (3.0, 3.0)
    assert before.sharing.strength == 1


def test_means_are_of_whole_trials():
    trials = {(1.0,): ["a", "b"], (2.0,): ["c", "d"]}
    assert mean_scores(trials, {"a": 0.5, "b": 0.7, "c": 1.0}) == {(1.0,): pytest.approx(0.6)}
