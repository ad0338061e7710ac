import pytest
import torch
from torch import nn

from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, HardPermuted, SharedLinear, Site
from sharegap.sharing.hard_permuted import permuted_indices

POSITIONS = Site("positions", (5,), ordered=True)
TIME = Site("time", (5,), inputs=(2, None))
EMBEDDINGS = Site("embeddings", (2,), inputs=(0, 1))


def seeded(strategy, site, shape, init):
    torch.manual_seed(0)
    return strategy(site, shape, init)


@pytest.mark.parametrize(
    ("site", "shape", "start", "stop"),
    [(POSITIONS, (4, 8), 1, 1), (POSITIONS, (4, 3, 5), 1, 2), (TIME, (2, 6, 8), 2, 2), (EMBEDDINGS, (9, 4), 0, 0)],
)
def test_permutes_inputs_alone(site, shape, start, stop, normal):
    """Each copy holds the shared weight with its inputs, and nothing else, in another order."""
    weight = seeded(HardPermuted, site, shape, normal)
    # Inputs first, and outputs as a row each.
    expected = weight.value.flatten(start, stop).movedim(start, 0).flatten(1)
    orders = []
    for copy in weight():
        inputs = copy.flatten(start, stop).movedim(start, 0).flatten(1)
        order = (inputs.unsqueeze(1) == expected).all(2).nonzero()[:, 1]
        assert order.sort().values.tolist() == list(range(len(expected)))
        orders.append(tuple(order.tolist()))
    assert len(set(orders)) == site.copies


def test_is_hard_on_permuted_inputs(normal):
    layer = SharedLinear(HardPermuted, POSITIONS, 6, 3)
    x = torch.randn(7, 5, 6)
    orders = permuted_indices(POSITIONS, (3, 6))[:, 0]
    outputs = []
    for copy in range(5):
        inputs = torch.empty(7, 6)
        inputs[:, orders[copy]] = x[:, copy]
        outputs.append(nn.functional.linear(inputs, layer.weight.value, layer.bias.value))
    torch.testing.assert_close(layer(x), torch.stack(outputs, 1))


def test_bias_is_hard(site, normal):
    assert torch.equal(seeded(HardPermuted, site, (3,), normal)(), seeded(Hard, site, (3,), normal)())


def test_has_as_few_parameters_as_hard(site, normal):
    assert unique_parameters(HardPermuted(site, (3, 4), normal)) == 12


def test_order_is_fixed_and_draws_nothing():
    before = torch.get_rng_state()
    assert torch.equal(permuted_indices(POSITIONS, (3, 8)), permuted_indices(POSITIONS, (3, 8)))
    assert torch.equal(torch.get_rng_state(), before)
