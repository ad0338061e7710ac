"""What every registered method must be, whoever adds it. A new method needs no line here."""

import pytest

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.plan.trials import axes_of
from sharegap.testing.findings import first_difference
from sharegap.testing.regularizer import check_grid_trains, check_range_and_grid, check_regularizer_with_model
from sharegap.testing.runs import choices, compose_options, make_run
from sharegap.testing.sites import small_options
from sharegap.testing.strategy import check_strategy_at_site, check_strengths
from sharegap.testing.training import weights_after

METHODS = choices("method")
MODELS = choices("model")
COCKTAIL = ["hard", "l2", "dropout", "early_stopping", "augmentation", "input_noise", "output_noise"]


@pytest.mark.parametrize("method", METHODS)
def test_is_what_its_name_says(method):
    """A method is one change to `none`, or several joined by +, sharing first."""
    config = compose_options(f"method={method}")
    sharing = [config.sharing.name] if config.sharing.name != "independent" else []
    if config.model.match_width == "wide":  # which is hard, and more
        sharing = ["wide"]
    if config.sharing.name == "independent" and config.sharing.strategy.copies_init == "same":
        sharing = ["same_start"]
    narrow = ["narrow"] if config.model.match_width == "narrow" else []
    ensemble = ["ensemble"] if config.model.ensemble_size > 1 else []
    again = ["none_again"] if config.seed else []
    changes = [*narrow, *sharing, *config.regularizer, *ensemble, *again]
    assert changes == {"none": [], "cocktail": COCKTAIL}.get(method, method.split("+"))


@pytest.mark.parametrize("method", [name for name in METHODS if compose_options(f"method={name}").method.tunes])
@pytest.mark.parametrize("strength", ["-1", "nan"])
def test_refuses_a_strength_out_of_range(method, strength):
    tunes = compose_options(f"method={method}").method.tunes
    for path in [tunes] if isinstance(tunes, str) else tunes:
        with pytest.raises(UserError, match="must be"):
            build_objective(make_run(f"method={method}", f"{path}={strength}"))


@pytest.mark.parametrize("method", METHODS)
def test_searches_within_its_bounds(method):
    """From the weakest to the strongest, with the grid between them."""
    config = compose_options(f"method={method}")
    for axis in axes_of(method, config, factors=[1], budget=6):
        values = [axis.weakest, *axis.grid, axis.strongest]
        assert list(dict.fromkeys(values)) == sorted(set(values), reverse=axis.strongest < axis.weakest)


@pytest.mark.parametrize("model", MODELS)
def test_same_start_is_that_of_hard(model):
    options = small_options(model)
    starts = [weights_after(0, make_run(*options, f"method={method}")) for method in ("same_start", "hard")]
    assert first_difference(*starts) is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("strategy", choices("sharing"))
def test_strategy_at_site(strategy, model):
    check_strategy_at_site(strategy, model)


@pytest.mark.parametrize("strategy", choices("sharing"))
def test_strategy_strengths(strategy):
    check_strengths(strategy)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("regularizer", choices("regularizer"))
def test_regularizer_with_model(regularizer, model):
    check_regularizer_with_model(regularizer, model)


@pytest.mark.parametrize("regularizer", choices("regularizer"))
def test_regularizer_strengths(regularizer):
    check_range_and_grid(regularizer)
    check_grid_trains(regularizer, "local1d")
