import torch
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import MultiTaskNet, NetworkSpec
from sharegap.sharing import Independent
from tests.helpers import make_run
from tests.models.compare import assert_same

PER_TRUNK, PER_HEAD = (64 * 64 + 64) + (64 * 32 + 32), 32 * 10 + 10


class Plain(nn.Module):
    """One trunk, two heads."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.left, self.right = nn.Linear(32, 10), nn.Linear(32, 10)

    def forward(self, x):
        trunk = self.trunk(x)
        return torch.stack([self.left(trunk), self.right(trunk)], 1)


def build(sharing):
    return build_objective(make_run("model=multitask", "dataset=two_digits", f"sharing={sharing}")).network


def test_hard_is_one_trunk_with_a_head_per_task():
    ours = build("hard")
    assert unique_parameters(ours) == PER_TRUNK + 2 * PER_HEAD
    assert_same(ours, Plain(), torch.randn(6, 1, 8, 8))


def test_unshared_tasks_have_a_trunk_each():
    assert unique_parameters(build("independent")) == 2 * (PER_TRUNK + PER_HEAD)


def test_a_task_trains_its_own_trunk_only():
    network = build("independent")
    network(torch.randn(6, 1, 8, 8))[:, 1].sum().backward()
    for layer in (network.trunks[0], network.trunks[3]):
        assert not layer.weight.value.grad[0].any()
        assert layer.weight.value.grad[1].any()


def test_representations_are_what_the_heads_get():
    network = MultiTaskNet(NetworkSpec((1, 3, 3), (3, 4), Independent), widths=[5, 4])
    x = torch.randn(6, 1, 3, 3)
    outputs = [head(trunk) for head, trunk in zip(network.heads, network.representations(x), strict=True)]
    torch.testing.assert_close(torch.stack(outputs, 1), network(x))
