import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.regularizers import DropoutRegularizer
from sharegap.regularizers.dropout import DropoutLayer


@pytest.mark.parametrize("strength", [-0.1, 1.0, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be"):
        DropoutRegularizer(strength)


def test_drops_a_share_of_p_and_keeps_the_expectation():
    layer = DropoutRegularizer(0.3).hidden()
    torch.manual_seed(0)
    out = layer(torch.ones(200_000))
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])


def test_does_nothing_in_evaluation_or_at_zero():
    x = torch.randn(1000)
    assert torch.equal(DropoutRegularizer(0.5).hidden().eval()(x), x)
    assert torch.equal(DropoutRegularizer(0.0).hidden()(x), x)


def test_uses_the_noise_it_is_given():
    layer = DropoutLayer(torch.tensor(0.5))
    layer.noise = torch.tensor([0.1, 0.9])
    assert layer(torch.ones(2)).tolist() == [0, 2]
