import math

import numpy as np
import pytest
import torch
from torch import nn

from sharegap.data.task_in_sample import with_task
from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.models import NetworkSpec, PerTask
from sharegap.sharing import CrossStitch, Hard, Independent, Soft, SoftPenalty

TASKS, FEATURES = 6, 4


def build(sharing, widths=(), tasks=TASKS):
    torch.manual_seed(0)
    return PerTask(NetworkSpec((FEATURES + 1,), (tasks, 1), sharing), widths=list(widths))


def make_samples():
    torch.manual_seed(1)
    task = torch.randint(TASKS, (20,))
    x = torch.randn(20, FEATURES)
    return with_task(x, task.numpy()), x, task


def test_no_widths_is_a_linear_model_per_task():
    network, (samples, x, task) = build(Independent), make_samples()
    weights, biases = network.last.weight.value[:, 0], network.last.bias.value[:, 0]
    expected = torch.stack([weights[t] @ sample + biases[t] for sample, t in zip(x, task, strict=True)])
    torch.testing.assert_close(network(samples)[:, 0], expected)
    assert unique_parameters(network) == TASKS * (FEATURES + 1)


def test_soft_is_evgeniou_and_pontil():
    """The minimum of mean squared error + λ/2 Σ‖w_t − w̄‖², biases among the weights, by linear algebra."""
    network, (samples, x, task), strength = build(SoftPenalty).double(), make_samples(), 0.3
    samples, y = samples.double(), torch.randn(20, 1, dtype=torch.double)
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=500, tolerance_change=0, line_search_fn="strong_wolfe")

    def objective():
        optimizer.zero_grad()
        penalty = network.last.weight.penalty() + network.last.bias.penalty()
        value = (network(samples) - y).square().mean() + strength * penalty
        value.backward()
        return value

    optimizer.step(objective)
    solution = torch.cat([network.last.weight.value[:, 0], network.last.bias.value], 1)

    ones = torch.cat([x.double(), torch.ones(20, 1, dtype=torch.double)], 1)
    design = torch.zeros(20, TASKS, FEATURES + 1, dtype=torch.double)
    design[torch.arange(20), task] = ones
    to_mean = torch.eye(TASKS, dtype=torch.double) - 1 / TASKS
    pull = strength / 2 * torch.kron(to_mean, torch.eye(FEATURES + 1, dtype=torch.double))
    flat = design.flatten(1)
    expected = torch.linalg.solve(flat.mT @ flat / 20 + pull, flat.mT @ y / 20)
    torch.testing.assert_close(solution.detach(), expected.view(TASKS, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strength", [0.0, 2.0, math.inf])
def test_l2_of_soft_is_the_prior_of_related_tasks(strength):
    """The minimum of mean squared error + α/2 (‖z₀‖² + Σ‖z_t‖²): ridge regression whose tasks have correlation ρ."""
    network, (samples, x, task), alpha = build(Soft).double(), make_samples(), 0.3
    for weight in (network.last.weight, network.last.bias):
        weight.set_strength(strength)
    samples, y = samples.double(), torch.randn(20, 1, dtype=torch.double)
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=500, tolerance_change=0, line_search_fn="strong_wolfe")

    def objective():
        optimizer.zero_grad()
        squares = sum(parameter.square().sum() for parameter in network.parameters())
        value = (network(samples) - y).square().mean() + alpha / 2 * squares
        value.backward()
        return value

    optimizer.step(objective)
    solution = torch.cat([network.last.weight()[:, 0], network.last.bias()], 1)

    ones = torch.cat([x.double(), torch.ones(20, 1, dtype=torch.double)], 1)
    design = torch.zeros(20, TASKS, FEATURES + 1, dtype=torch.double)
    design[torch.arange(20), task] = ones
    rho = 1 / (1 + 1 / strength) if strength else 0.0
    tasks = rho * torch.ones(TASKS, TASKS, dtype=torch.double) + (1 - rho) * torch.eye(TASKS, dtype=torch.double)
    prior = torch.kron(tasks, torch.eye(FEATURES + 1, dtype=torch.double))
    # In the kernel form, which needs no inverse of the prior: at ρ = 1 there is none.
    flat = design.flatten(1)
    expected = prior @ flat.mT @ torch.linalg.solve(flat @ prior @ flat.mT + 10 * alpha * torch.eye(20).double(), y)
    torch.testing.assert_close(solution.detach(), expected.view(TASKS, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("widths", [(), (5,), (5, 3)])
def test_a_sample_uses_the_network_of_its_task(widths):
    network, (samples, _, task) = build(Soft, widths), make_samples()
    outputs = network.representations(samples)
    torch.testing.assert_close(network(samples), outputs[task, torch.arange(20)])


@pytest.mark.parametrize("widths", [(), (5,)])
def test_the_identity_stitch_changes_nothing(widths):
    """The slow way, through all copies, and the fast one agree."""
    mixed, free, samples = build(CrossStitch, widths), build(Independent, widths), make_samples()[0]
    mixed.load_state_dict(free.state_dict(), strict=False)
    for module in mixed.modules():
        if getattr(module, "stitch", None) is not None:
            nn.init.eye_(module.stitch)
    torch.testing.assert_close(mixed(samples), free(samples))


def test_hard_is_one_model_for_all_tasks():
    network, (samples, x, _) = build(Hard, (5,)), make_samples()
    other = with_task(x, np.zeros(20, dtype=int))
    torch.testing.assert_close(network(samples), network(other))
    assert unique_parameters(network) == FEATURES * 5 + 5 + 5 + 1


def test_a_task_trains_its_own_copy_only():
    network, x = build(Independent, (5,)), torch.randn(8, FEATURES)
    network(with_task(x, np.full(8, 2))).sum().backward()
    for layer in (network.towers[0], network.last):
        touched = layer.weight.value.grad.flatten(1).any(1)
        assert touched.tolist() == [task == 2 for task in range(TASKS)]


def test_input_noise_leaves_the_task_index():
    network, (samples, x, task) = build(Independent), make_samples()
    network.input_regularizer = nn.Flatten(0, -1)  # of the features alone
    seen = []
    network.input_regularizer.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network.input_regularizer.forward = lambda features: features + 100
    moved = network(samples)
    assert torch.equal(seen[0], x)
    network.input_regularizer = nn.Identity()
    torch.testing.assert_close(moved, network(with_task(x + 100, task.numpy())))


def test_refuses_precision_that_rounds_the_index():
    samples = make_samples()[0].bfloat16()
    assert build(Independent, tasks=256).bfloat16()(samples).shape == (20, 1)
    with pytest.raises(UserError, match="must tell 257 tasks by their index"):
        build(Independent, tasks=257).bfloat16()(samples)


@pytest.mark.parametrize("shapes", [((1, 5), (3, 1)), ((5,), (3,)), ((5,), ())])
def test_refuses_other_data(shapes):
    with pytest.raises(UserError, match="tasks that have their own samples"):
        PerTask(NetworkSpec(*shapes, Independent), widths=[])
