import numpy as np
import pytest
import torch
from torch import nn

from sharegap.data.sets.related_tasks import with_task
from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.models import PerTask
from sharegap.sharing import CrossStitch, Hard, Independent, Soft

TASKS, FEATURES = 6, 4


def build(sharing, widths=(), tasks=TASKS):
    torch.manual_seed(0)
    return PerTask((FEATURES + 1,), (tasks, 1), sharing, nn.Identity, list(widths))


def some_samples():
    torch.manual_seed(1)
    task = torch.randint(TASKS, (20,))
    x = torch.randn(20, FEATURES)
    return with_task(x, task.numpy()), x, task


def test_without_hidden_layers_it_is_a_linear_model_for_each_task():
    network, (samples, x, task) = build(Independent), some_samples()
    weights, biases = network.last.weight.value[:, 0], network.last.bias.value[:, 0]
    expected = torch.stack([weights[t] @ sample + biases[t] for sample, t in zip(x, task, strict=True)])
    torch.testing.assert_close(network(samples)[:, 0], expected)
    assert unique_parameters(network) == TASKS * (FEATURES + 1)


def test_soft_sharing_ends_where_evgeniou_and_pontil_say():
    """The minimum of mean squared error + λ/2 Σ‖w_t − w̄‖², biases among the weights, by linear algebra."""
    network, (samples, x, task), strength = build(Soft).double(), some_samples(), 0.3
    samples, y = samples.double(), torch.randn(20, 1, dtype=torch.double)
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=500, tolerance_change=0, line_search_fn="strong_wolfe")

    def objective():
        optimizer.zero_grad()
        penalty = network.last.weight.penalty() + network.last.bias.penalty()
        value = (network(samples) - y).square().mean() + strength * penalty
        value.backward()
        return value

    optimizer.step(objective)
    each = torch.cat([network.last.weight.value[:, 0], network.last.bias.value], 1)

    ones = torch.cat([x.double(), torch.ones(20, 1, dtype=torch.double)], 1)
    design = torch.zeros(20, TASKS, FEATURES + 1, dtype=torch.double)
    design[torch.arange(20), task] = ones
    to_mean = torch.eye(TASKS, dtype=torch.double) - 1 / TASKS
    pull = strength / 2 * torch.kron(to_mean, torch.eye(FEATURES + 1, dtype=torch.double))
    flat = design.flatten(1)
    expected = torch.linalg.solve(flat.mT @ flat / 20 + pull, flat.mT @ y / 20)
    torch.testing.assert_close(each.detach(), expected.view(TASKS, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("widths", [(), (5,), (5, 3)])
def test_a_sample_goes_through_its_own_tasks_network(widths):
    network, (samples, _, task) = build(Soft, widths), some_samples()
    every = network.representations(samples)
    torch.testing.assert_close(network(samples), every[task, torch.arange(20)])


@pytest.mark.parametrize("widths", [(), (5,)])
def test_copies_that_mix_but_do_nothing_are_what_they_are_alone(widths):
    """The slow way, through all copies, and the fast one agree."""
    mixed, alone, samples = build(CrossStitch, widths), build(Independent, widths), some_samples()[0]
    mixed.load_state_dict(alone.state_dict(), strict=False)
    for module in mixed.modules():
        if getattr(module, "stitch", None) is not None:
            nn.init.eye_(module.stitch)
    torch.testing.assert_close(mixed(samples), alone(samples))


def test_hard_is_one_model_whatever_the_task():
    network, (samples, x, _) = build(Hard, (5,)), some_samples()
    other = with_task(x, np.zeros(20, dtype=int))
    torch.testing.assert_close(network(samples), network(other))
    assert unique_parameters(network) == FEATURES * 5 + 5 + 5 + 1


def test_a_task_trains_its_own_copy_only():
    network, x = build(Independent, (5,)), torch.randn(8, FEATURES)
    network(with_task(x, np.full(8, 2))).sum().backward()
    for layer in (network.towers[0], network.last):
        touched = layer.weight.value.grad.flatten(1).any(1)
        assert touched.tolist() == [task == 2 for task in range(TASKS)]


def test_noise_on_what_enters_leaves_the_tasks_number():
    network, (samples, x, task) = build(Independent), some_samples()
    network.entry = nn.Flatten(0, -1)  # of the features alone
    seen = []
    network.entry.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network.entry.forward = lambda features: features + 100
    moved = network(samples)
    assert torch.equal(seen[0], x)
    network.entry = nn.Identity()
    torch.testing.assert_close(moved, network(with_task(x + 100, task.numpy())))


def test_half_precision_that_rounds_the_tasks_number_is_refused():
    samples = some_samples()[0].bfloat16()
    assert build(Independent, tasks=256).bfloat16()(samples).shape == (20, 1)
    with pytest.raises(UserError, match="cannot tell 257 tasks"):
        build(Independent, tasks=257).bfloat16()(samples)


@pytest.mark.parametrize("shapes", [((1, 5), (3, 1)), ((5,), (3,)), ((5,), ())])
def test_other_data_are_refused(shapes):
    with pytest.raises(UserError, match="tasks that have their own samples"):
        PerTask(*shapes, Independent, nn.Identity, [])
