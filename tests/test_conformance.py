"""What every registered method must be, whoever adds it. A new method needs no line here."""

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_class

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.plan.configs import CONF
from sharegap.plan.trials import strengths_of
from tests.helpers import SMALL, make_run

METHODS = sorted(path.stem for path in (CONF / "method").glob("*.yaml"))
COCKTAIL = ["hard", "l2", "dropout", "early_stopping", "augmentation", "input_noise", "output_noise"]
TASKS = ["dataset=two_digits", "model=multitask"]  # a site that cross_stitch takes
ORDERED = ["dataset=mnist1d", "model=local1d"]  # a site that smooth takes


def site_of(method):
    return TASKS if method == "cross_stitch" else ORDERED


def composed(method):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", [*SMALL, *site_of(method), f"method={method}"])


def off_value(config):
    """The strength at which the regularizer that is tuned does nothing."""
    _, name, _ = config.method.tunes.split(".")
    return get_class(config.regularizer[name]._target_).off


@pytest.mark.parametrize("method", METHODS)
def test_is_what_its_name_says(method):
    """A method is one change to `none`, or several joined by +, sharing first."""
    config = composed(method)
    sharing = [config.sharing.name] if config.sharing.name != "independent" else []
    narrow = ["narrow"] if config.model.match_width else []
    ensemble = ["ensemble"] if config.model.ensemble_size > 1 else []
    again = ["none_again"] if config.seed else []
    changes = [*narrow, *sharing, *config.regularizer, *ensemble, *again]
    assert changes == {"none": [], "cocktail": COCKTAIL}.get(method, method.split("+"))


@pytest.mark.parametrize("method", [m for m in METHODS if len(composed(m).regularizer) == 1])
def test_regularizer_switched_off(trained, method):
    """A regularizer trains and off it gives bit for bit what there is without it."""
    config = composed(method)
    runs = [
        make_run(f"method={method}", f"{config.method.tunes}={strength}") for strength in strengths_of(method, config)
    ]
    _, rows = trained(*runs)
    assert [row["diverged"] for row in rows] == [False] * len(runs)
    assert all(row["curve_train_loss"][-1] < row["curve_train_loss"][0] for row in rows)

    off = make_run(f"method={method}", f"{config.method.tunes}={off_value(config)}")
    without = make_run(f"sharing={config.sharing.name}")
    (none, none_rows), (still, still_rows) = trained(without), trained(off)
    for mine, theirs in zip(none.objectives.parameters(), still.objectives.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    not_figures = ("train_seconds", "scored_at")  # the protocol scores early stopping at other weights, stopped or not
    for row in (*none_rows, *still_rows):
        assert all(row.pop(name) for name in not_figures)
    assert none_rows == still_rows


@pytest.mark.parametrize("method", [m for m in METHODS if composed(m).method.tunes])
@pytest.mark.parametrize("strength", ["-1", "nan"])
def test_refuses_a_strength_out_of_range(method, strength):
    tunes = composed(method).method.tunes
    with pytest.raises(Exception, match="must be") as raised:
        build_objective(make_run(*site_of(method), f"method={method}", f"{tunes}={strength}"))
    assert isinstance(raised.value, UserError) or isinstance(raised.value.__cause__, UserError)
