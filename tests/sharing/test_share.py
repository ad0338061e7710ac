"""Any submodules become copies of a site, related by any strategy."""

import copy
import math
import warnings
from functools import partial

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.plan.targets import instantiate
from sharegap.sharing import (
    Hard,
    Independent,
    LowRank,
    SharingStrategy,
    Site,
    Soft,
    SoftDeviation,
    SoftPenalty,
    SoftProximal,
    Templates,
    share,
    untie,
)
from sharegap.testing.runs import choices, compose_options
from tests.sharing.user_networks import GPT, NETWORKS, ResNet, Siamese, Translator

every_network = pytest.mark.parametrize("network", NETWORKS)


def double(network):
    network = network().double()
    x = network.inputs()
    return network, x.double() if x.is_floating_point() else x


def own_start(network, *args, **options):
    """Share from the network's own weights, without a word about their distance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return share(network, network.sites, *args, **options)


def train(network, x, sites, steps=5):
    """Take steps as a user does; return the outputs before each."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        outputs = network(x)
        path.append(outputs.detach())
        loss = outputs.square().mean()
        if sites is not None:
            loss = loss + sites.penalty()
        loss.backward()
        optimizer.step()
        if sites is not None:
            sites.pull(lr=0.05, steps=steps)
    return torch.stack(path)


@pytest.mark.parametrize("network", [GPT, Translator])
@pytest.mark.parametrize("name", [name for name in choices("sharing") if name != "cross_stitch"])
def test_every_strategy_serves_every_network(name, network):
    """It trains all parameters, stays finite, and gives back a network with the same function."""
    config = compose_options(f"sharing={name}").sharing
    (network, x), unshared = double(network), network()
    sites = own_start(network, instantiate(config.strategy), strength=config.get("strength"))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    path = train(network, x, sites)
    assert path.isfinite().all()
    assert not torch.equal(path[0], path[-1])
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(not torch.equal(before[key], parameter) for key, parameter in network.named_parameters())
    network.eval()
    outputs = network(x)
    untied = untie(network)
    torch.testing.assert_close(untied(x), outputs, rtol=0, atol=0)
    unshared.load_state_dict(untied.state_dict())
    assert list(unshared.state_dict()) == list(untied.state_dict())


class Scaled(nn.Module):
    """With a parameter that is a single number."""

    def __init__(self):
        super().__init__()
        self.scale, self.layer = nn.Parameter(torch.randn(())), nn.Linear(3, 3)

    def forward(self, x):
        return x + self.scale * self.layer(x)


@pytest.mark.parametrize("name", [name for name in choices("sharing") if name != "cross_stitch"])
def test_every_strategy_takes_single_numbers(name):
    network, x = nn.Sequential(Scaled(), Scaled(), Scaled()), torch.randn(2, 3)
    network.sites = {"layers": "*"}
    config = compose_options(f"sharing={name}").sharing
    sites = own_start(network, instantiate(config.strategy), strength=config.get("strength"))
    (network(x).square().sum() + sites.penalty()).backward()
    sites.pull(0.1, 10)
    outputs = network(x)
    assert torch.equal(untie(network)(x), outputs)
    assert network[0].scale.shape == ()


def test_refuses_to_mix_activations():
    with pytest.raises(UserError, match="must have copies that work in parallel, got blocks"):
        share(ResNet(), ResNet.sites, instantiate(compose_options("sharing=cross_stitch").sharing.strategy))

    class Mixing(Independent):
        def mix_activations(self, activations):
            return activations.flip(1)

    with pytest.raises(UserError, match="strategy must be one that relates weights alone, got Mixing"):
        share(ResNet(), ResNet.sites, Mixing)


# -- closed forms -------------------------------------------------------------------------------------------


class Reused(nn.Module):
    """One linear layer, used twice."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(torch.tanh(self.layer(x)))


def test_hard_is_one_layer_used_twice():
    """The same outputs and gradients to float64, and as many parameters."""
    reused, x = Reused().double(), torch.randn(5, 4, dtype=torch.double)
    layers = [copy.deepcopy(reused.layer) for _ in range(2)]
    network = nn.Sequential(layers[0], nn.Tanh(), layers[1])
    share(network, {"layers": ["0", "2"]}, Hard)  # at their mean, which is each of them: without a word
    for module in (reused, network):
        module(x).square().sum().backward()
    torch.testing.assert_close(network(x), reused(x), rtol=0, atol=1e-15)
    assert unique_parameters(network) == sum(p.numel() for p in network.parameters()) == 20
    for mine, parameter in zip(network.parameters(), reused.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, parameter.grad, rtol=0, atol=1e-14)


@every_network
@pytest.mark.parametrize("strategy", [Independent, Soft, SoftPenalty, SoftProximal])
def test_without_sharing_all_stays_as_it_was(network, strategy):
    """Independent copies, and related ones at λ = 0, train as the network that was never shared."""
    network, x = double(network)
    unshared = copy.deepcopy(network)
    sites = share(network, network.sites, strategy, strength=0)
    torch.testing.assert_close(train(network, x, sites), train(unshared, x, None), rtol=0, atol=1e-12)


@every_network
@pytest.mark.parametrize("strategy", [Soft, SoftDeviation])
def test_infinite_strength_is_hard(network, strategy):
    network, x = double(network)
    hard = copy.deepcopy(network)
    path = train(network, x, own_start(network, strategy, strength=math.inf))
    torch.testing.assert_close(path, train(hard, x, own_start(hard, Hard)), rtol=0, atol=1e-10)


def test_great_strengths_approach_hard():
    """Drawn anew: from weights of its own, soft sharing keeps the function for one step at any finite strength."""
    paths = []
    for strategy, strength in ((Hard, None), (Soft, 1e4), (Soft, 1e8)):
        torch.manual_seed(0)
        network, x = double(Siamese)
        sites = share(network, network.sites, strategy, strength=strength, start="fresh")
        paths.append(train(network, x, sites))
    distances = [(path - paths[0]).abs().max() for path in paths]
    assert 0.1 > distances[1] > 10 * distances[2] > 0


def test_penalty_and_pull_are_those_of_the_strategy():
    network = Siamese()
    left, right = (torch.cat([p.flatten() for p in tower.parameters()]) for tower in (network.left, network.right))
    sites = share(network, network.sites, SoftPenalty, strength=3)
    assert sites.penalty().item() == pytest.approx(3 * (left - right).square().sum().item() / 4, rel=1e-5)
    sites = share(proximal := Siamese(), Siamese.sites, SoftProximal, strength=10)
    difference = (proximal.left[0].weight - proximal.right[0].weight).detach()
    sites.pull(lr=0.1, steps=1)
    torch.testing.assert_close(proximal.left[0].weight - proximal.right[0].weight, difference / 2)
    assert sites.penalty() == 0


# -- start --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strategy",
    [Soft, SoftDeviation, Independent, partial(LowRank, rank=2), partial(Templates, templates=3)],
)
@every_network
def test_own_start_keeps_the_function(network, strategy):
    network, x = double(network)
    network.eval()
    before = network(x)
    share(network, network.sites, strategy)
    torch.testing.assert_close(network(x), before, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in choices("sharing") if name != "cross_stitch"])
def test_own_start_is_the_nearest(name, normal):
    """No change of the strategy's parameters, however small, brings its copies nearer to those that were given."""
    given = torch.randn(5, 4, 3, dtype=torch.double)
    site = Site("layers", (5,), ordered=True)
    weight = instantiate(compose_options(f"sharing={name}").sharing.strategy)(site, (4, 3), normal).double()
    with torch.no_grad():
        weight.set_copies(given)
    parameters = list(weight.parameters())
    distance = (weight() - given).square().sum()
    for gradient in torch.autograd.grad(distance, parameters, allow_unused=True):
        assert gradient is None or gradient.abs().max() < 1e-10


@pytest.mark.parametrize("strategy", [partial(LowRank, rank=2), partial(Templates, templates=3)])
def test_own_start_of_few_numbers(strategy):
    """Biases have fewer numbers than there are directions, equal copies leave directions unused: all are trained."""
    network = nn.Sequential(*(nn.Linear(4, 1) for _ in range(4)))
    for layer in network:
        layer.load_state_dict(network[0].state_dict())
    x, y = torch.randn(5, 4), torch.randn(5)
    sites = share(network, {"layers": "*"}, strategy)
    sum((layer(x)[:, 0] * (i + y)).sum() for i, layer in enumerate(network)).backward()
    for name, parameter in sites.named_parameters():
        assert parameter.isfinite().all()
        assert parameter.grad.any() or "directions" in name or "templates" in name


def test_hard_starts_at_the_mean_and_says_how_far():
    network = Siamese()
    weights = [network.left[0].weight.detach().clone(), network.right[0].weight.detach().clone()]
    with pytest.warns(UserWarning, match=r"the copies of site towers start 0\.\d+ times their norm away .* Hard takes"):
        share(network, network.sites, Hard)
    torch.testing.assert_close(network.left[0].weight, sum(weights) / 2)
    assert network.left[0].weight is network.right[0].weight


def test_own_start_draws_nothing():
    torch.manual_seed(0)
    network = Siamese()
    following = torch.random.get_rng_state()
    share(network, network.sites)
    assert torch.equal(torch.random.get_rng_state(), following)


def test_fresh_start_draws_as_the_modules_do():
    """Hard at a mean of many copies would begin with small weights."""
    network = nn.ModuleList(nn.Linear(50, 50) for _ in range(10))
    share(network, {"layers": "*"}, Hard, start="fresh")
    assert network[0].weight.std().item() == pytest.approx(1 / 150**0.5, rel=0.05)
    torch.manual_seed(3)
    share(one := Siamese(), Siamese.sites, start="fresh")
    torch.manual_seed(3)
    share(other := Siamese(), Siamese.sites, start="fresh")
    x = Siamese.inputs()
    assert torch.equal(one(x), other(x))


def test_fresh_start_by_a_function():
    def orthogonal(module):
        nn.init.orthogonal_(module.weight)

    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    share(network, {"layers": "*"}, Independent, start=orthogonal)
    for layer in network:
        torch.testing.assert_close(layer.weight @ layer.weight.T, torch.eye(4))
    assert not torch.equal(network[0].weight, network[1].weight)


def test_fresh_start_needs_a_way_to_draw():
    network = nn.Module()
    network.scales = nn.ModuleList()
    for _ in range(2):
        scale = nn.Module()
        scale.factor = nn.Parameter(torch.ones(3))
        network.scales.append(scale)
    with pytest.raises(UserError, match="start='fresh' must be for modules with reset_parameters, got Module"):
        share(network, {"scales": "scales.*"}, start="fresh")


def test_a_strategy_without_own_start_says_so():
    class Cycle(SharingStrategy):
        def __init__(self, site, shape, init):
            super().__init__()
            self.value, self.copies = nn.Parameter(torch.ones(shape)), site.copies

        def forward(self):
            return self.value.expand(self.copies, *self.value.shape)

    with pytest.raises(UserError, match="must have set_copies to begin from given weights, got Cycle"):
        share(Siamese(), Siamese.sites, Cycle)
    share(network := Siamese(), Siamese.sites, Cycle, start="fresh")
    assert torch.equal(network.left[0].weight, torch.ones(4, 6))
