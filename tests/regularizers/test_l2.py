import pytest
import torch
from torch import nn

from sharegap.regularizers import L2Regularizer
from sharegap.sharing import Independent, SharedGRU, SharedLinear, Site


def test_is_half_the_squared_norm_without_biases():
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, 4.0]]))
        network.bias.fill_(100.0)
    assert L2Regularizer(0.1).penalty(network).item() == pytest.approx(0.1 * 25 / 2)


def test_exempts_the_biases_of_layers_with_copies():
    layer, gru = SharedLinear(Independent, Site("tasks", (2,)), 3, 4), SharedGRU(Independent, 2, 3, 4)
    expected = layer.weight().square().sum() / 2
    torch.testing.assert_close(L2Regularizer(1.0).penalty(layer), expected)
    expected = (gru.weight_input().square().sum() + gru.weight_state().square().sum()) / 2
    torch.testing.assert_close(L2Regularizer(1.0).penalty(gru), expected)
