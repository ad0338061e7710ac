import torch
from torch import nn

from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import CrossStitch, Independent, Site


def towers(sharing, *sizes):
    return Towers(5, linear_layers(sharing, Site("tasks", (5,), parallel=True), sizes), nn.Identity)


def test_the_identity_stitch_changes_nothing():
    x, mixed, free = torch.randn(7, 5, 3), towers(CrossStitch, 3, 4, 2), towers(Independent, 3, 4, 2)
    free.load_state_dict({name: value for name, value in mixed.state_dict().items() if "stitch" not in name})
    assert not torch.allclose(mixed(x), free(x))
    for layer in (mixed[0], mixed[3]):
        nn.init.eye_(layer.weight.stitch)
    torch.testing.assert_close(mixed(x), free(x))


def test_mixing_follows_the_activation():
    x, mixed = torch.randn(7, 5, 3), towers(CrossStitch, 3, 4)
    torch.testing.assert_close(mixed(x), mixed[0].weight.stitch @ mixed[0](x).relu())


def test_the_stitch_is_learned():
    mixed = towers(CrossStitch, 3, 4)
    mixed(torch.randn(7, 5, 3)).square().sum().backward()
    assert mixed[0].weight.stitch.grad.ne(0).all()
    assert sum(p.numel() for p in mixed.parameters()) == 5 * (3 * 4 + 4) + 5 * 5  # one stitch for the layer
