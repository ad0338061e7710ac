import pytest
import torch
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, Siamese
from sharegap.sharing import CrossStitch, Independent
from tests.helpers import make_run
from tests.models.compare import assert_same, outputs_on_own_inputs

PER_TOWER = (64 * 64 + 64) + (64 * 32 + 32) + (32 * 16 + 16)


class Plain(nn.Module):
    """One tower that sees both images."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16)
        )

    def forward(self, x):
        return torch.stack([self.tower(x[:, 0]), self.tower(x[:, 1])], 1)


class PlainConvolutional(nn.Module):
    """The same with convolutions first, as in Koch et al. 2015."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(
            *(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(4 * 2 * 2, 8), nn.ReLU(), nn.Linear(8, 16)),
        )

    def forward(self, x):
        return torch.stack([self.tower(x[:, 0]), self.tower(x[:, 1])], 1)


CONVOLUTIONAL = ["model.network.channels=4", "model.network.layers=[[3,1],[3,2]]", "model.network.widths=[8]"]


def build(sharing, *options):
    return build_objective(make_run("model=siamese", "dataset=digit_pairs", f"sharing={sharing}", *options)).network


def test_hard_is_one_tower():
    ours = build("hard")
    assert unique_parameters(ours) == PER_TOWER
    assert_same(ours, Plain(), torch.randn(6, 2, 1, 8, 8))


def test_hard_is_one_convolutional_tower():
    assert_same(build("hard", *CONVOLUTIONAL), PlainConvolutional(), torch.randn(6, 2, 1, 8, 8))


def test_unshared_branches_have_a_tower_each():
    assert unique_parameters(build("independent")) == 2 * PER_TOWER


@pytest.mark.parametrize("options", [[], CONVOLUTIONAL])
def test_unshared_towers_see_their_own_part(options):
    network, x = build("independent", *options), torch.randn(6, 2, 1, 8, 8, requires_grad=True)
    network(x)[:, 1].sum().backward()
    assert not x.grad[:, 0].any()
    assert x.grad[:, 1].any()


def test_equal_parts_differ_unless_hard():
    same = torch.randn(6, 1, 1, 8, 8).expand(-1, 2, -1, -1, -1)
    for sharing, equal in (("hard", True), ("independent", False)):
        first, second = build(sharing)(same).unbind(1)
        assert torch.allclose(first, second) == equal


def test_representations_are_of_both_parts():
    network = Siamese(NetworkSpec((2, 3, 3), (), Independent), channels=1, layers=[], widths=[5, 4], embedding=3)
    x = torch.randn(6, 2, 3, 3)
    representations = network.representations(x)
    torch.testing.assert_close(outputs_on_own_inputs(representations), network(x))
    swapped = network(x.flip(1))
    torch.testing.assert_close(representations.unflatten(1, (6, 2))[0, :, 1], swapped[:, 0])
    torch.testing.assert_close(representations.unflatten(1, (6, 2))[1, :, 0], swapped[:, 1])


@pytest.mark.parametrize("options", [[], CONVOLUTIONAL])
def test_stitched_towers_exchange_activations(options):
    network, x = build("cross_stitch", *options), torch.randn(6, 2, 1, 8, 8, requires_grad=True)
    network(x)[:, 1].sum().backward()
    assert x.grad[:, 0].any()
    stitched = [site for site in network.modules() if isinstance(site, CrossStitch) and site.stitch is not None]
    assert len(stitched) == (4 if options else 3)
