"""What each method of a study tries."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.plan.trials import Trial, make_trials


def config(tunes=None, grid=None, n_validation=100):
    return OmegaConf.create(
        {
            "method": {"tunes": tunes},
            "sharing": {"strength": 0.5, "grid": grid, "strategy": {"layers": 1}, "shown": "${sharing.strength}"},
            "optimizer": {"lr": 0.01},
            "dataset": {"n_validation": n_validation},
        }
    )


SOFT, HARD = config("sharing.strength", [0.1, 1, 10]), config()


def test_trials_of_strengths_only():
    """Without learning rates only strengths are tried."""
    trials = make_trials({"soft": SOFT, "hard": HARD}, [1.0])
    assert trials["soft"] == [Trial(0.1, 0.01), Trial(1, 0.01), Trial(10, 0.01)]
    assert trials["hard"] == [Trial(None, 0.01)]


def test_all_methods_have_as_many_trials():
    trials = make_trials({"soft": SOFT, "hard": HARD}, [0.3, 1, 3])
    assert [len(tried) for tried in trials.values()] == [9, 9]
    soft, hard = ([trial.learning_rate for trial in tried] for tried in trials.values())
    nearest_first = [0.01, 0.03, 0.003]
    assert soft == 3 * nearest_first
    assert [trial.strength for trial in trials["soft"]] == [0.1] * 3 + [1] * 3 + [10] * 3
    assert (hard[0], min(hard), max(hard), len(set(hard))) == (0.01, 0.003, 0.03, 9)
    assert set(nearest_first) <= set(hard)


def test_a_grid_may_stand_in_a_section_around():
    trials = make_trials({"hard_first": config("sharing.strategy.layers", [1, 2, 3])}, [1.0])
    assert [trial.strength for trial in trials["hard_first"]] == [1, 2, 3]


def test_refuses_a_number_without_a_grid():
    with pytest.raises(UserError, match=r"method=soft tunes sharing\.strength, which has no grid"):
        make_trials({"soft": config("sharing.strength")}, [1.0])


def test_refuses_grids_of_unequal_length():
    with pytest.raises(UserError, match="same number of strengths"):
        make_trials({"soft": SOFT, "l2": config("sharing.strength", [1])}, [1.0])


def test_refuses_a_choice_without_validation():
    with pytest.raises(UserError, match="soft needs validation samples to choose its settings"):
        make_trials({"soft": config("sharing.strength", [1, 2], n_validation=0)}, [1.0])


def test_trial_leaves_config_unchanged():
    """A trial leaves the composed config unchanged."""
    before = OmegaConf.to_container(SOFT)
    composed = Trial(3.0, 0.2).compose(SOFT)
    assert (composed.sharing.strength, composed.optimizer.lr) == (3.0, 0.2)
    assert composed.sharing.shown == 3.0
    assert OmegaConf.to_container(SOFT) == before
