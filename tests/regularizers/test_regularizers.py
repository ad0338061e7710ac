import math

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.regularizers import L2, Dropout, EarlyStopping
from sharegap.regularizers.dropout import DropoutLayer


@pytest.mark.parametrize(
    ("regularizer", "strength"),
    [
        (L2, -0.1), (L2, math.inf), (L2, math.nan),
        (Dropout, -0.1), (Dropout, 1.0), (Dropout, math.nan),
        (EarlyStopping, 0), (EarlyStopping, -1), (EarlyStopping, 1.5), (EarlyStopping, math.nan),
    ],
)  # fmt: skip
def test_refuses_strengths_out_of_range(regularizer, strength):
    with pytest.raises(UserError, match="must be"):
        regularizer(strength)


def test_l2_is_half_the_squared_norm_of_the_weights_without_biases():
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, 4.0]]))
        network.bias.fill_(100.0)
    assert L2(0.1).penalty(network).item() == pytest.approx(0.1 * 25 / 2)


def test_dropout_drops_a_share_of_p_and_keeps_the_expectation():
    layer = Dropout(0.3).hidden()
    torch.manual_seed(0)
    out = layer(torch.ones(200_000))
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])


def test_dropout_does_nothing_in_evaluation_or_at_zero():
    x = torch.randn(1000)
    assert torch.equal(Dropout(0.5).hidden().eval()(x), x)
    assert torch.equal(Dropout(0.0).hidden()(x), x)


def test_dropout_uses_the_noise_it_is_given():
    layer = DropoutLayer(torch.tensor(0.5))
    layer.noise = torch.tensor([0.1, 0.9])
    assert layer(torch.ones(2)).tolist() == [0, 2]


def test_early_stopping_ends_when_patience_is_used_up():
    since_best = torch.tensor([0, 1, 2, 3])
    assert EarlyStopping(2).stops(since_best).tolist() == [False, False, True, True]
    assert not EarlyStopping(math.inf).stops(since_best).any()
