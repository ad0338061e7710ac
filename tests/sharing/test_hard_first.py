import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, Site, hard_first


@pytest.mark.parametrize("layers", [0, 1, 2, 99])
def test_only_the_first_layers_are_hard(layers, normal):
    for depth in range(3):
        layer = hard_first(Site("tasks", (2,), depth), (3,), normal, layers)
        assert isinstance(layer, Hard if depth < layers else Independent)


@pytest.mark.parametrize(("layers", "limit"), [(0, Independent), (1, Hard)])
def test_starts_as_its_limits_do(layers, limit, site, normal):
    first = hard_first(site, (3,), normal, layers)()
    torch.manual_seed(0)
    assert torch.equal(first, limit(site, (3,), normal)())


def test_other_layers_follow_copies_init(normal):
    deep = Site("tasks", (4,), depth=1)
    assert len(hard_first(deep, (3,), normal, 1, copies_init="same")().unique(dim=0)) == 1
    assert len(hard_first(deep, (3,), normal, 1)().unique(dim=0)) == 4


@pytest.mark.parametrize("layers", [-1, 1.5, True, float("nan")])
def test_refuses_layers_out_of_range(layers, site, normal):
    with pytest.raises(UserError, match=r"layers must be an integer >= 0"):
        hard_first(site, (3,), normal, layers)
