import pytest
import torch

from sharegap.errors import UserError
from sharegap.sharing import Independent, Site, Soft
from sharegap.sharing.distances import DISTANCES
from sharegap.sharing.site import KINDS, ORDERED


def test_penalty_is_half_the_squared_distance_to_the_mean(normal):
    soft = Soft(Site("branches", (3,)), (2,), normal)
    with torch.no_grad():
        soft.value.copy_(torch.tensor([[1.0, 0.0], [3.0, 0.0], [2.0, 3.0]]))
    # The mean is (2, 1): (1 + 1) + (1 + 1) + (0 + 4), halved.
    assert soft.penalty().item() == pytest.approx(4)
    soft.penalty().backward()
    assert torch.allclose(soft.value.grad, soft.value.detach() - soft.value.detach().mean(0))


@pytest.mark.parametrize("name", DISTANCES)
def test_penalty_is_the_distance_that_was_chosen(name, site, normal):
    soft = Soft(site, (3, 2), normal, distance=name)
    assert torch.equal(soft.penalty(), DISTANCES[name](soft.value))


def test_it_starts_as_independent_copies_do(site, normal):
    soft = Soft(site, (3,), normal)()
    torch.manual_seed(0)
    assert torch.equal(soft, Independent(site, (3,), normal)())


def test_the_proximal_pull_is_the_minimum_that_it_stands_for(site, normal):
    soft = Soft(site, (3,), normal, form="proximal").double()
    before, amount = soft.value.detach().clone(), torch.tensor(0.7, dtype=torch.float64)
    assert soft.penalty() is None
    soft.pull(amount)
    # argmin over u of ½ Σ‖u_c − w_c‖² + amount · ½ Σ‖u_c − ū‖²: its gradient is zero there.
    after = soft.value.detach()
    gradient = after - before + amount * (after - after.mean(0))
    assert gradient.abs().max() < 1e-12
    assert not torch.equal(after, before)


def test_the_form_penalty_moves_no_weights(site, normal):
    soft = Soft(site, (3,), normal)
    before = soft.value.detach().clone()
    soft.pull(torch.tensor(0.7))
    assert torch.equal(soft.value, before)
    assert not soft.pulls


def test_refuses_what_has_no_closed_form(site, normal):
    with pytest.raises(UserError, match="the proximal form has the distance l2 only"):
        Soft(site, (3,), normal, distance="l1", form="proximal")
    with pytest.raises(UserError, match="did you mean proximal"):
        Soft(site, (3,), normal, form="proximl")


def test_an_unknown_distance_is_named_with_its_near_misses(site, normal):
    with pytest.raises(UserError, match="no distance 'smoth': did you mean smooth"):
        Soft(site, (3,), normal, distance="smoth")


@pytest.mark.parametrize("kind", KINDS)
def test_smooth_needs_copies_with_neighbours(kind, normal):
    if kind in ORDERED:
        soft = Soft(Site(kind, (4,)), (3,), normal, distance="smooth")
        expected = soft.value.diff(dim=0).square().sum() / 2
        torch.testing.assert_close(soft.penalty(), expected)
    else:
        with pytest.raises(UserError, match=f"needs copies with neighbours .* this network's site is its {kind}: "):
            Soft(Site(kind, (4,)), (3,), normal, distance="smooth")
