import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, Patches
from sharegap.sharing import Hard, Independent
from tests.helpers import make_run
from tests.models.compare import assert_same, outputs_on_own_inputs


class Plain(nn.Module):
    """A patch embedding, the mean over patches and a linear head; sequences are images of one row."""

    def __init__(self, channels, patch, stride, outputs=10):
        super().__init__()
        self.patch, self.stride = patch, stride
        numbers = channels * patch[0] * patch[1]
        self.embed = nn.Sequential(nn.Linear(numbers, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.head = nn.Linear(32, outputs)

    def forward(self, x):
        patches = F.unfold(x if x.dim() == 4 else x.unsqueeze(2), self.patch, stride=self.stride).mT
        return self.head(self.embed(patches).mean(1))


def test_hard_is_one_embedding_on_a_sequence():
    ours = build_objective(make_run("model=patches", "sharing=hard")).network
    assert unique_parameters(ours) == (8 * 64 + 64) + (64 * 32 + 32) + 330
    assert_same(ours, Plain(1, (1, 8), (1, 4)), torch.randn(6, 1, 40))


def test_hard_is_one_embedding_on_an_image():
    ours = build_objective(make_run("model=patches2d", "dataset=digits", "sharing=hard")).network
    assert_same(ours, Plain(1, (4, 4), (2, 2)), torch.randn(6, 1, 8, 8))


def test_hard_takes_all_channels_of_a_patch():
    options = {"patch": 3, "stride": 2, "widths": [64, 32]}
    ours = Patches(NetworkSpec((2, 7, 5), (10,), Hard), **options)
    assert_same(ours, Plain(2, (3, 3), (2, 2)), torch.randn(6, 2, 7, 5))


def test_unshared_has_an_embedding_per_patch():
    ours = build_objective(make_run("model=patches")).network
    assert unique_parameters(ours) == 9 * ((8 * 64 + 64) + (64 * 32 + 32)) + 330


def test_patches_are_in_row_major_order():
    network = Patches(NetworkSpec((2, 5, 4), (3,), Independent), patch=2, stride=1, widths=[5])
    x = torch.randn(6, 2, 5, 4)
    weight, bias = network.towers[0].weight(), network.towers[0].bias()
    towers = []
    for position in range(12):
        row, column = divmod(position, 3)
        patch = x[:, :, row : row + 2, column : column + 2].flatten(1)
        towers.append(F.linear(patch, weight[position], bias[position]).relu())
    torch.testing.assert_close(network(x), network.head(torch.stack(towers).mean(0)))
    torch.testing.assert_close(outputs_on_own_inputs(network.representations(x)), torch.stack(towers, 1))


@pytest.mark.parametrize("patch", [0, -1, 41])
def test_refuses_patches_that_do_not_fit(patch):
    with pytest.raises(
        UserError, match=rf"model.network.patch must be (an integer >= 1|<= 40, the size of a sample), got {patch}"
    ):
        Patches(NetworkSpec((1, 40), (10,), Hard), patch=patch, stride=4, widths=[8])
