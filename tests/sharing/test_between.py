import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import penalty_between


def test_sums_over_all_parameters_and_pulls_both_ways():
    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    penalty = penalty_between([one, two])
    expected = sum(((p - q) ** 2).sum() / 4 for p, q in zip(one.parameters(), two.parameters(), strict=True))
    assert penalty.item() == pytest.approx(expected.item())
    penalty.backward()
    assert torch.allclose(one.weight.grad, (one.weight - two.weight).detach() / 2)
    assert torch.allclose(one.bias.grad, -two.bias.grad)


def test_equal_modules_are_at_zero():
    one, two, three = (nn.GRU(3, 2) for _ in range(3))
    two.load_state_dict(one.state_dict())
    three.load_state_dict(one.state_dict())
    assert penalty_between([one, two, three], "group").item() < 1e-6  # the mean of equal numbers is rounded


@pytest.mark.parametrize("other", [nn.Linear(4, 2), nn.Linear(3, 2, bias=False), nn.Conv1d(3, 2, 1)])
def test_refuses_modules_of_other_structures(other):
    with pytest.raises(UserError, match=r"the modules differ in .*(weight|bias)"):
        penalty_between([nn.Linear(3, 2), other])
