import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Categorical, MixtureSameFamily, Normal

from sharegap.errors import UserError
from sharegap.sharing import Mixture, Site
from sharegap.sharing.mixture import negative_log_density


@pytest.fixture
def tensors():
    shapes = {"weight": (4, 3, 2), "logits": (3,), "means": (3,), "deviations": (3,)}
    drawn = {name: torch.randn(shape, dtype=torch.float64) for name, shape in shapes.items()}
    drawn["deviations"] = drawn["deviations"].exp()
    return tuple(tensor.requires_grad_() for tensor in drawn.values())


def test_is_the_density_of_torch(tensors):
    weight, logits, means, deviations = tensors
    prior = MixtureSameFamily(Categorical(logits=logits), Normal(means, deviations))
    torch.testing.assert_close(negative_log_density(*tensors), -prior.log_prob(weight).sum())


def test_gradients_agree_with_finite_differences(tensors):
    assert gradcheck(negative_log_density, tensors)


def test_far_weights_have_finite_gradients():
    weight = torch.tensor([[10.0]], requires_grad=True)  # a density of exp(−5000)
    penalty = negative_log_density(weight, torch.zeros(2), torch.zeros(2), torch.full((2,), 0.1))
    penalty.backward()
    assert penalty.isfinite()
    assert weight.grad.item() == pytest.approx(10 / 0.1**2, rel=1e-3)


def test_weights_gather_around_a_few_values():
    """On the penalty alone: numbers of a uniform start end on the components' means, those with them."""
    strategy = Mixture(Site("branches", (4,)), (50,), lambda copy: torch.nn.init.uniform_(copy, -1, 1), components=4)

    def distance():
        """The mean distance of a weight to the nearest mean."""
        return (strategy().reshape(-1, 1) - strategy.means).abs().min(1).values.mean().item()

    before = distance()
    optimizer = torch.optim.Adam(strategy.parameters(), lr=0.01)
    for _ in range(600):
        optimizer.zero_grad()
        strategy.penalty().backward()
        optimizer.step()
    assert distance() < before / 5
    in_use = (strategy().reshape(-1, 1) - strategy.means).abs().argmin(1).unique()
    assert len(in_use) >= 2
    assert strategy.penalty().isfinite()


def test_components_have_a_minimum_width(site, normal):
    strategy = Mixture(site, (200,), normal)
    before = strategy.penalty()
    with torch.no_grad():
        strategy.log_deviations.fill_(-math.inf)
    limit = negative_log_density(strategy(), strategy.logits, strategy.means, torch.full((5,), 0.05))
    torch.testing.assert_close(strategy.penalty(), limit, rtol=0.1, atol=0)  # the spread is about 1
    assert before < limit


def test_means_span_the_initial_weights(site):
    strategy = Mixture(site, (1000,), lambda copy: torch.nn.init.uniform_(copy, -0.2, 0.2))
    assert strategy.means.min().item() == pytest.approx(-0.2, rel=0.05)
    assert strategy.means.max().item() == pytest.approx(0.2, rel=0.05)
    zeros = Mixture(site, (10,), torch.nn.init.zeros_)
    assert zeros.penalty().isfinite()


def test_components_are_parameters(site, normal):
    strategy = Mixture(site, (3, 2), normal, components=4)
    assert sum(p.numel() for p in strategy.parameters()) == 5 * 6 + 3 * 4
    strategy.penalty().backward()
    assert all(p.grad.abs().sum() > 0 for p in strategy.parameters())


@pytest.mark.parametrize("count", [0, -1, 1.5, True, math.nan])
def test_refuses_components_out_of_range(count, site, normal):
    with pytest.raises(UserError, match=r"components must be an integer >= 1"):
        Mixture(site, (3,), normal, components=count)
