"""What every registered method must be, whoever adds it. A new method needs no line here."""

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_class

from sharegap.errors import UserError
from sharegap.runs.build import build_learner
from sharegap.runs.cli import CONF
from sharegap.runs.fleets import pack
from sharegap.runs.suite import grid_of
from tests.helpers import SMALL, make_run

METHODS = sorted(path.stem for path in (CONF / "method").glob("*.yaml"))


def composed(method):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", [*SMALL, f"method={method}"])


def tuned(method):
    """The path of the method's strength, None where it has none, and the strength at which it does nothing."""
    config = composed(method)
    if config.method.tunes is None:
        return None, None
    if config.method.tunes == "sharing":
        return "sharing.strength", 0
    name = config.method.tunes.removeprefix("regularizer.")
    return f"regularizer.{name}.strength", get_class(config.regularizer[name]._target_).off


@pytest.mark.parametrize("method", METHODS)
def test_is_one_change_to_none_with_its_own_name(method):
    config = composed(method)
    assert config.method.name == method
    assert (config.sharing.name != "independent") + len(config.regularizer) == (method != "none")


@pytest.mark.parametrize("method", METHODS)
def test_trains_its_whole_grid_as_one_fleet(trained, method):
    runs = [make_run(f"method={method}").with_numbers(numbers) for numbers in grid_of(composed(method))]
    assert len(pack(runs)) == 1
    _, rows = trained(*runs)
    assert [row["diverged"] for row in rows] == [False] * len(runs)
    assert all(row["curve_train_loss"][-1] < row["curve_train_loss"][0] for row in rows)


@pytest.mark.parametrize("method", METHODS)
def test_off_it_gives_bit_for_bit_what_none_gives(trained, method):
    path, off = tuned(method)
    if path is None:
        pytest.skip("it has no strength")
    (none, none_rows), (still, still_rows) = trained(make_run()), trained(make_run(f"method={method}", f"{path}={off}"))
    for mine, theirs in zip(none.learners.parameters(), still.learners.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    not_figures = ("train_seconds", "scored_at")  # the protocol scores early stopping at other weights, stopped or not
    for row in (*none_rows, *still_rows):
        assert all(row.pop(name) for name in not_figures)
    assert none_rows == still_rows


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strength", ["-1", "nan"])
def test_refuses_a_strength_out_of_range(method, strength):
    path, _ = tuned(method)
    if path is None:
        pytest.skip("it has no strength")
    with pytest.raises(Exception, match="must be") as raised:
        build_learner(make_run(f"method={method}", f"{path}={strength}"))
    assert isinstance(raised.value, UserError) or isinstance(raised.value.__cause__, UserError)
