import pytest
import torch
from torch import nn

from sharegap.execute.build import build_objective
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, Residual
from sharegap.sharing import Hard, Independent
from tests.helpers import make_run
from tests.models.compare import assert_same, outputs_on_own_inputs


class Plain(nn.Module):
    """One block, applied `depth` times; once, it is the MLP of the MNIST-1D paper."""

    def __init__(self, width, depth):
        super().__init__()
        self.first, self.block, self.last = nn.Linear(40, width), nn.Linear(width, width), nn.Linear(width, 10)
        self.depth = depth

    def forward(self, x):
        h = self.first(x.flatten(1)).relu()
        for _ in range(self.depth):
            h = h + self.block(h).relu()
        return self.last(h)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_hard_is_one_block_applied_repeatedly(depth):
    ours = Residual(NetworkSpec((1, 40), (10,), Hard), width=8, depth=depth)
    assert_same(ours, Plain(8, depth), torch.randn(6, 1, 40))


@pytest.mark.parametrize("sharing", ["hard", "independent"])
def test_one_block_is_the_published_mlp(sharing):
    ours = build_objective(
        make_run("model=residual", "model.network.width=100", "model.network.depth=1", f"sharing={sharing}")
    )
    assert unique_parameters(ours) == unique_parameters(Plain(100, 1)) == 15210


def test_unshared_layers_have_a_block_each():
    ours = build_objective(make_run("model=residual")).network
    assert unique_parameters(ours) == (40 * 64 + 64) + 4 * (64 * 64 + 64) + 650


@pytest.mark.parametrize("scale_branches", [False, True])
def test_representations_are_what_each_block_adds(scale_branches):
    spec, x = NetworkSpec((1, 40), (10,), Independent), torch.randn(6, 1, 40)
    network = Residual(spec, width=8, depth=3, scale_branches=scale_branches)
    states = torch.stack(network.states(x), 1)
    torch.testing.assert_close(outputs_on_own_inputs(network.representations(x)), states.diff(dim=1))


@pytest.mark.parametrize(("scale_branches", "expected"), [(False, 4), (True, 1)])
def test_scaled_branches_keep_the_gradient(scale_branches, expected):
    """Where blocks add little, each of four uses has the gradient of one block, or a quarter of it."""
    gradients = []
    for depth in (1, 4):
        torch.manual_seed(0)
        spec = NetworkSpec((1, 40), (10,), Hard)
        network = Residual(spec, width=8, depth=depth, scale_branches=scale_branches).double()
        with torch.no_grad():
            network.blocks.weight.value.mul_(1e-9)
            network.blocks.bias.value.mul_(1e-9)
        network(torch.ones(6, 1, 40, dtype=torch.double)).logsumexp(1).sum().backward()
        gradients.append(network.blocks.weight.value.grad)
    torch.testing.assert_close(gradients[1], expected * gradients[0], rtol=1e-5, atol=1e-7)
