import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, Site, hard_first


def test_one_parameter_gathers_the_gradients_of_all_uses(site, normal):
    hard = Hard(site, (3,), normal)
    hard().sum().backward()
    assert [tuple(p.shape) for p in hard.parameters()] == [(3,)]
    assert torch.equal(hard.value.grad, torch.full((3,), 5.0))
    assert len(hard().unique(dim=0)) == 1


@pytest.mark.parametrize("layers", [0, 1, 2, 99])
def test_the_first_layers_are_hard_and_the_others_independent(layers, normal):
    for depth in range(3):
        layer = hard_first(Site("tasks", (2,), depth), (3,), normal, layers)
        assert isinstance(layer, Hard if depth < layers else Independent)


@pytest.mark.parametrize(("layers", "limit"), [(0, Independent), (1, Hard)])
def test_at_its_ends_it_starts_as_they_do(layers, limit, site, normal):
    first = hard_first(site, (3,), normal, layers)()
    torch.manual_seed(0)
    assert torch.equal(first, limit(site, (3,), normal)())


def test_layers_that_do_not_share_start_as_they_are_told(normal):
    deep = Site("tasks", (4,), depth=1)
    assert len(hard_first(deep, (3,), normal, 1, start="same")().unique(dim=0)) == 1
    assert len(hard_first(deep, (3,), normal, 1)().unique(dim=0)) == 4


@pytest.mark.parametrize("layers", [-1, 1.5, True, float("nan")])
def test_refuses_numbers_of_layers_that_are_none(layers, site, normal):
    with pytest.raises(UserError, match=r"the number of layers that share must be an integer >= 0"):
        hard_first(site, (3,), normal, layers)
