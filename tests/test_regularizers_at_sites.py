"""Every regularizer at every site: trained in a fleet as alone, and off in every evaluation."""

from itertools import product

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_fleet, build_objective
from sharegap.plan.configs import CONF
from tests.test_sharing_at_sites import SITES, TINY, batch_of, make_run

REGULARIZERS = sorted(path.stem for path in (CONF / "regularizer").glob("*.yaml"))
REFUSED = [("augmentation", "encoder/decoder"), ("augmentation", "tasks in data of their own")]
GRID = [pair for pair in product(REGULARIZERS, SITES) if pair not in REFUSED]


def tiny(site, regularizer, *more):
    return make_run(*TINY, *SITES[site], f"regularizer=[{regularizer}]", *more)


@pytest.mark.parametrize(("regularizer", "site"), REFUSED)
def test_refuses_augmentation_without_any(regularizer, site):
    with pytest.raises(UserError, match="declares no augmentation"):
        build_objective(tiny(site, regularizer))


@pytest.mark.parametrize(("regularizer", "site"), GRID)
def test_trains_in_a_fleet_as_alone(trained, regularizer, site):
    run = tiny(site, regularizer)
    _, [single] = trained(run)
    _, [_, company] = trained(run.with_numbers({"seed": 1}), run)
    assert not single["diverged"]
    figures = [name for name, value in single.items() if isinstance(value, float) and name != "train_seconds"]
    got, expected = (torch.tensor([row[name] for name in figures], dtype=torch.double) for row in (company, single))
    torch.testing.assert_close(got, expected, rtol=1e-8, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(("regularizer", "site"), GRID)
def test_evaluation_is_clean(regularizer, site):
    run = tiny(site, regularizer)
    x, y = batch_of(run)
    objective, plain = (build_objective(case).double().eval() for case in (run, make_run(*TINY, *SITES[site])))
    torch.testing.assert_close(objective(x), plain(x), rtol=0, atol=0)
    assert build_fleet([run]).objectives.task.loss(objective(x), y).isfinite().all()
