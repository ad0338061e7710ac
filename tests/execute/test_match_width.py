import pytest

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.testing.runs import choices, compose_options
from sharegap.testing.sites import example_dataset
from tests.helpers import make_run


def parameters(model, *options):
    run = make_run(f"dataset={example_dataset(model)}", f"model={model}", *options)
    return unique_parameters(build_objective(run).network)


def has_width(model):
    config = compose_options(f"model={model}").model
    return any(config.network[name] for name in config.scaled_sizes)


@pytest.mark.parametrize("model", [model for model in choices("model") if has_width(model)])
def test_narrow_matches_parameters_of_hard(model):
    """Has about the parameters that hard sharing leaves and shares nothing."""
    narrow, hard, none = (parameters(model, f"method={method}") for method in ("narrow", "hard", "none"))
    assert narrow < none
    # Widths are whole numbers: the recurrent network has 2 units or 3, a fifth too few parameters or too many.
    assert narrow == pytest.approx(hard, rel=0.25)


@pytest.mark.parametrize("model", [model for model in choices("model") if has_width(model)])
def test_wide_matches_parameters_of_none(model):
    """Shares hard and has about the parameters of the unshared network."""
    wide, hard, none = (parameters(model, f"method={method}") for method in ("wide", "hard", "none"))
    assert wide > hard
    assert wide == pytest.approx(none, rel=0.1)


def test_refuses_without_hidden_layers():
    """A network without hidden layers has no narrow one."""
    with pytest.raises(UserError, match="no hidden layer whose width could change: leave out the method narrow"):
        parameters("per_task", "method=narrow")


def test_takes_all_other_options_along():
    run = make_run("method=narrow", "regularizer=[dropout]")
    objective = build_objective(run)
    assert [name for name, _ in objective.named_buffers() if name.startswith("network.") and name.endswith(".strength")]
    assert len(objective.network.layers) == 9
