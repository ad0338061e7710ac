"""Independent copies of what was shared: equal at first, then each trained alone."""

import copy

import pytest
import torch
from torch import nn

from sharegap.metrics import unique_parameters
from sharegap.sharing import SharedSites, TiedLinear, share, tie, untie


def tied_layer():
    encoder = nn.Linear(6, 3)
    return nn.Sequential(encoder, nn.ReLU(), TiedLinear(encoder, transpose=True))


def tied_by_name():
    return tie(nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6)), "2", "0")


def tied_by_assignment():
    model = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    model[2].weight = model[0].weight
    return model


def module_used_twice():
    layer = nn.Linear(6, 6)
    return nn.Sequential(layer, nn.ReLU(), layer)


def block_used_twice():
    block = tied_layer()
    return nn.Sequential(block, nn.ReLU(), block)


MODELS = {
    tied_layer: 2 * 18 + 9,
    tied_by_name: 2 * 18 + 9,
    tied_by_assignment: 2 * 42,
    module_used_twice: 2 * 42,
    block_used_twice: 2 * (2 * 18 + 9),
}


@pytest.mark.parametrize("make", MODELS)
def test_every_place_has_its_own_parameters(make):
    model, x = make(), torch.randn(5, 6)
    state = copy.deepcopy(model.state_dict())
    free = untie(model)
    assert torch.equal(free(x), model(x))
    assert unique_parameters(free) == MODELS[make]
    names = [name for name, _ in free.named_parameters(remove_duplicate=False)]
    assert names == [name for name, _ in free.named_parameters()]
    # Each place gets the gradient of its own use.
    free(x).square().sum().backward()
    model(x).square().sum().backward()
    if make is tied_layer:
        torch.testing.assert_close(free[0].weight.grad + free[2].weight.grad.mT, model[0].weight.grad)
        assert not torch.equal(free[0].weight.grad, free[2].weight.grad.mT)
    # The model is not changed, and the copy ties nothing.
    torch.optim.SGD(free.parameters(), lr=1.0).step()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert unique_parameters(copy.deepcopy(free)) == MODELS[make]
    free.load_state_dict(free.state_dict())


def test_the_layers_are_plain_again():
    assert [type(layer) for layer in untie(tied_layer())] == [nn.Linear, nn.ReLU, nn.Linear]
    convolutions = nn.Sequential(nn.Conv1d(2, 3, 2), nn.ConvTranspose1d(3, 2, 2))
    assert type(untie(tie(convolutions, "1", "0"))[1]) is nn.ConvTranspose1d
    decoder = tied_layer()[2]
    assert type(untie(decoder)) is nn.Linear
    assert torch.equal(untie(decoder).weight, decoder.weight)


def test_frozen_weights_stay_frozen():
    for make in (tied_layer, tied_by_name, tied_by_assignment):
        model = make()
        model[0].weight.requires_grad_(False)
        free = untie(model)
        assert not free[2].weight.requires_grad
        assert free[2].bias.requires_grad


def test_recurrent_layers_use_their_new_weights():
    one = nn.GRU(4, 4)
    two = nn.GRU(4, 4)
    two.weight_hh_l0 = one.weight_hh_l0
    free = untie(nn.ModuleList([one, two]))
    x = torch.randn(3, 2, 4)
    assert torch.equal(free[1](x)[0], two(x)[0])
    free[1](x)[0].sum().backward()
    assert free[1].weight_hh_l0.grad is not None
    assert free[0].weight_hh_l0.grad is None


def test_other_objects_may_know_their_untied_self():
    class Doubled(nn.Module):
        """A weight that two uses share in its own manner."""

        def __init__(self, inner):
            super().__init__()
            self.inner, self.untied_count = inner, 0

        def untied(self):
            return nn.Sequential(self.inner, self.inner)

    free = untie(nn.Sequential(Doubled(nn.Linear(2, 2)), nn.ReLU()))
    assert unique_parameters(free) == 2 * 6


def test_shared_blocks_and_ties_part_together():
    """The copies of `share` and the tie of a head, in one network; the network itself stays shared."""
    network = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 5))
    tie(network, target="3", source="0")
    share(network, {"layers": ["1", "2"]}, strength=3)
    tokens = torch.tensor([0, 3])
    untied = untie(network)
    assert torch.equal(untied(tokens), network(tokens))
    assert unique_parameters(untied) == 20 + 2 * 20 + 25
    assert not any(isinstance(module, SharedSites) for module in untied.modules())
    assert any(isinstance(module, SharedSites) for module in network.modules())
