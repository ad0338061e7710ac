import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Independent, Site, SoftPenalty
from sharegap.sharing.distances import DISTANCES
from sharegap.sharing.strategy import overrides


def test_penalty_is_half_the_squared_distance(normal):
    soft = SoftPenalty(Site("branches", (3,)), (2,), normal)
    with torch.no_grad():
        soft.value.copy_(torch.tensor([[1.0, 0.0], [3.0, 0.0], [2.0, 3.0]]))
    # The mean is (2, 1): (1 + 1) + (1 + 1) + (0 + 4), halved.
    assert soft.penalty().item() == pytest.approx(4)
    soft.penalty().backward()
    assert torch.allclose(soft.value.grad, soft.value.detach() - soft.value.detach().mean(0))


@pytest.mark.parametrize("name", DISTANCES)
def test_penalty_is_the_distance_of_that_name(name, site, normal):
    soft = SoftPenalty(site, (3, 2), normal, distance=name)
    assert torch.equal(soft.penalty(), DISTANCES[name](soft.value))


def test_starts_as_independent_copies(site, normal):
    soft = SoftPenalty(site, (3,), normal)()
    torch.manual_seed(0)
    assert torch.equal(soft, Independent(site, (3,), normal)())


def test_moves_no_weights(site, normal):
    soft = SoftPenalty(site, (3,), normal)
    before = soft.value.detach().clone()
    soft.pull(torch.tensor(0.7), steps=10)
    assert torch.equal(soft.value, before)
    assert not overrides(soft, "pull")


def test_an_unknown_distance_has_near_misses(site, normal):
    with pytest.raises(UserError, match="no distance 'smoth': did you mean smooth"):
        SoftPenalty(site, (3,), normal, distance="smoth")


def test_smooth_is_the_distance_of_neighbours(normal):
    soft = SoftPenalty(Site("mine", (4,), ordered=True), (3,), normal, distance="smooth")
    expected = soft.value.diff(dim=0).square().sum() / 2
    torch.testing.assert_close(soft.penalty(), expected)


def test_smooth_refuses_a_site_without_order(normal):
    with pytest.raises(UserError) as refused:
        SoftPenalty(Site("mine", (4,)), (3,), normal, distance="smooth")
    assert str(refused.value) == (
        "the site of distance=smooth must have copies with neighbours, got mine: choose another distance"
    )
