"""Soft sharing has exact ends, and starts fair between them."""

import math

import pytest
import torch
from torch import nn

from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, Independent, SharedLinear, Site, Soft, SoftDeviation

STRENGTHS = [0.0, 0.1, 1.0, 10.0, math.inf]


def seeded(strategy, site, shape, init, strength=None):
    torch.manual_seed(0)
    weight = strategy(site, shape, init)
    if strength is not None:
        weight.set_strength(strength)
    return weight


@pytest.mark.parametrize("strength", STRENGTHS)
def test_prior_correlation_and_variance(strength, normal):
    """Every copy starts with the layer's variance, and two of them with the correlation λ/(1+λ)."""
    for strategy in (Soft, SoftDeviation) if strength else (Soft,):
        weight = seeded(strategy, Site("mine", (2,)), (100_000,), normal, strength)
        one, other = weight().detach()
        rho = 1.0 if strength == math.inf else strength / (1 + strength)
        assert one.var().item() == pytest.approx(1, abs=0.02)
        assert torch.corrcoef(torch.stack([one, other]))[0, 1].item() == pytest.approx(rho, abs=0.015)


@pytest.mark.parametrize(("strength", "end"), [(0.0, Independent), (math.inf, Hard)])
def test_starts_at_its_ends_bit_for_bit(strength, end, site, normal):
    assert torch.equal(seeded(Soft, site, (3, 2), normal, strength)(), seeded(end, site, (3, 2), normal)())


OPTIMIZERS = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.05),
}


@pytest.mark.parametrize("make_optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize(
    ("strategy", "strength", "end"), [(Soft, 0.0, Independent), (Soft, math.inf, Hard), (SoftDeviation, math.inf, Hard)]
)
def test_trains_as_its_ends(strategy, strength, end, site, make_optimizer):
    """After each of 30 steps; with a rate at which they go far."""
    x, y = torch.randn(20, 5, 4, dtype=torch.double), torch.randn(20, 5, 2, dtype=torch.double)
    outputs = []
    for sharing in (strategy, end):
        torch.manual_seed(0)
        layer = SharedLinear(sharing, site, 4, 2).double()
        if sharing is strategy:
            layer.weight.set_strength(strength)
            layer.bias.set_strength(strength)
        optimizer, path = make_optimizer(layer.parameters()), []
        for _ in range(30):
            optimizer.zero_grad()
            found = layer(x)
            path.append(found.detach())
            (found - y).square().mean().backward()
            optimizer.step()
            with torch.no_grad():
                layer.weight.pull(torch.tensor(0.1), steps=30)
                layer.bias.pull(torch.tensor(0.1), steps=30)
        outputs.append(torch.stack(path))
    assert (outputs[0][-1] - outputs[0][0]).abs().max() > 0.1
    torch.testing.assert_close(*outputs, rtol=0, atol=1e-6)


def test_pull_shrinks_own_parts_alone(site, normal):
    """By e^-λ over a training of many steps."""
    weight = seeded(Soft, site, (3,), normal, 2.0)
    shared, own = weight.shared.clone(), weight.own.clone()
    with torch.no_grad():
        for _ in range(1000):
            weight.pull(torch.tensor(0.1), steps=1000)
    assert torch.equal(weight.shared, shared)
    torch.testing.assert_close(weight.own, own * math.exp(-2), rtol=3e-3, atol=0)


def test_counts_what_the_function_has(site, normal):
    for strategy in (Soft, SoftDeviation):
        assert unique_parameters(nn.Sequential(strategy(site, (3, 2), normal), nn.Linear(2, 1))) == 5 * 6 + 3


def test_other_weights_start_alike_under_every_strategy(site, normal):
    """What is compared are strategies, not the draws of a head."""
    following = []
    for strategy in (Independent, Hard, Soft, SoftDeviation):
        seeded(strategy, site, (3, 2), normal)
        following.append(torch.rand(3))
    assert all(torch.equal(following[0], other) for other in following)
