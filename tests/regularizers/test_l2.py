import math

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.regularizers import L2Regularizer
from sharegap.sharing import Independent, SharedGRU, SharedLinear, Site


@pytest.mark.parametrize("strength", [-0.1, math.inf, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be"):
        L2Regularizer(strength)


def test_is_half_the_squared_norm_of_the_weights_without_biases():
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, 4.0]]))
        network.bias.fill_(100.0)
    assert L2Regularizer(0.1).penalty(network).item() == pytest.approx(0.1 * 25 / 2)


def test_leaves_the_biases_of_layers_with_copies_free():
    layer, gru = SharedLinear(Independent, Site("tasks", (2,)), 3, 4), SharedGRU(Independent, 2, 3, 4)
    expected = layer.weight().square().sum() / 2
    torch.testing.assert_close(L2Regularizer(1.0).penalty(layer), expected)
    expected = (gru.weight_input().square().sum() + gru.weight_state().square().sum()) / 2
    torch.testing.assert_close(L2Regularizer(1.0).penalty(gru), expected)
