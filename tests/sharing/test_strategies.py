import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, Soft
from sharegap.sharing.strategy import check_strength


@pytest.mark.parametrize("strategy", [Independent, Soft, Hard])
def test_hands_out_all_copies(strategy):
    assert strategy(5, (3, 2), nn.init.normal_)().shape == (5, 3, 2)


@pytest.mark.parametrize("strategy", [Independent, Soft, Hard])
def test_starts_from_the_default_generator(strategy):
    torch.manual_seed(7)
    first = strategy(4, (3,), nn.init.normal_)()
    torch.manual_seed(7)
    assert torch.equal(first, strategy(4, (3,), nn.init.normal_)())


def test_copies_start_apart_or_equal():
    apart, equal = (Independent(4, (3,), nn.init.normal_, start)() for start in ("independent", "same"))
    assert len(apart.unique(dim=0)) == 4
    assert len(equal.unique(dim=0)) == 1
    with pytest.raises(UserError, match="'same' or 'independent', not 'equal'"):
        Independent(4, (3,), nn.init.normal_, "equal")


def test_hard_has_one_parameter_and_gathers_the_gradients_of_all_uses():
    hard = Hard(4, (3,), nn.init.normal_)
    hard().sum().backward()
    assert [tuple(p.shape) for p in hard.parameters()] == [(3,)]
    assert torch.equal(hard.value.grad, torch.full((3,), 4.0))


def test_soft_penalty_is_half_the_squared_distance_to_the_mean():
    soft = Soft(3, (2,), nn.init.normal_)
    with torch.no_grad():
        soft.value.copy_(torch.tensor([[1.0, 0.0], [3.0, 0.0], [2.0, 3.0]]))
    # The mean is (2, 1): (1 + 1) + (1 + 1) + (0 + 4), halved.
    assert soft.penalty().item() == pytest.approx(4)
    soft.penalty().backward()
    assert torch.allclose(soft.value.grad, soft.value.detach() - soft.value.detach().mean(0))
    assert Independent(3, (2,), nn.init.normal_).penalty() is None


@pytest.mark.parametrize("strength", [-1e-9, float("inf"), float("nan")])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be 0 or more and finite"):
        check_strength(strength)


def test_the_proximal_pull_is_the_minimum_that_it_stands_for():
    soft = Soft(4, (3,), nn.init.normal_, form="proximal").double()
    before, amount = soft.value.detach().clone(), torch.tensor(0.7, dtype=torch.float64)
    assert soft.penalty() is None
    soft.pull(amount)
    # argmin over u of ½ Σ‖u_c − w_c‖² + amount · ½ Σ‖u_c − ū‖²: its gradient is zero there.
    after = soft.value.detach()
    gradient = after - before + amount * (after - after.mean(0))
    assert gradient.abs().max() < 1e-12


def test_soft_refuses_what_has_no_closed_form():
    with pytest.raises(UserError, match="the proximal form has the distance l2 only"):
        Soft(2, (3,), nn.init.normal_, distance="l1", form="proximal")
    with pytest.raises(UserError, match="did you mean proximal"):
        Soft(2, (3,), nn.init.normal_, form="proximl")
