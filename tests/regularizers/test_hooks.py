"""Each hook, shown by a regularizer as a user would write it: trained in a fleet as alone."""

import pytest
import torch
from torch import nn

from sharegap.data.sets import digits
from sharegap.execute.build import build_fleet, build_objective
from sharegap.regularizers import Regularizer, TaskInfo
from sharegap.tasks import ClassificationTask
from tests.helpers import make_run
from tests.regularizers import example_regularizers
from tests.regularizers.example_regularizers import ConfidencePenalty, DecoupledWeightDecay, FocalLoss, Mixup

EXACT = "trainer.precision=64-true"
EXAMPLES = {"Mixup": 0.5, "DecoupledWeightDecay": 0.3, "FocalLoss": 2.0, "ConfidencePenalty": 0.2}
REAL_TARGETS = ["dataset=digits_reconstruction", "model=autoencoder", "model.network.widths=[5]"]


def run_with(name, strength, *more):
    options = f"{{_target_: {example_regularizers.__name__}.{name}, strength: {strength}}}"
    return make_run(EXACT, f"+regularizer.example={options}", *more)


def parameters(fleet, run=0):
    return torch.cat([parameter[run].flatten() for parameter in fleet.objectives.parameters()]).detach()


def assert_fleet_agrees(trained, run):
    alone, [figures] = trained(run)
    numbers = {"seed": 1, "regularizer.example.strength": 0.1}
    fleet, rows = trained(run.with_numbers(numbers), run)
    torch.testing.assert_close(parameters(fleet, 1), parameters(alone), rtol=0, atol=1e-9)
    assert rows[1]["final_test_loss"] == pytest.approx(figures["final_test_loss"], abs=1e-9)
    assert (parameters(fleet, 0) - parameters(fleet, 1)).abs().max() > 0.01
    return alone


@pytest.mark.parametrize("name", EXAMPLES)
def test_trains_in_a_fleet_as_alone(trained, name):
    alone = assert_fleet_agrees(trained, run_with(name, EXAMPLES[name]))
    without, _ = trained(make_run(EXACT))
    assert (parameters(alone) - parameters(without)).abs().max() > 0.01


def test_mixup_of_real_targets_in_a_fleet(trained):
    assert_fleet_agrees(trained, run_with("Mixup", 0.5, *REAL_TARGETS))


@pytest.mark.parametrize("name", ["DecoupledWeightDecay", "ConfidencePenalty", "FocalLoss"])
def test_strength_zero_changes_nothing(trained, name):
    (off, _), (without, _) = trained(run_with(name, 0)), trained(make_run(EXACT))
    torch.testing.assert_close(parameters(off), parameters(without), rtol=0, atol=1e-9)


def test_evaluation_sees_the_batch_as_it_is():
    run, plain = run_with("Mixup", 1), build_objective(make_run(EXACT))
    objective = build_objective(run).eval()
    x, y = torch.randn(4, 1, 40), torch.randint(10, (4,))
    assert torch.equal(objective(x, y), plain(x, y))


def test_mixup_mixes_inputs_and_targets_alike():
    layer = Mixup(1.0).make_batch_layer(TaskInfo(classes=0))
    layer.noise = torch.tensor([[0.25, 0.9], [0.5, 0.1]])  # the second comes first
    x, y = torch.tensor([[0.0, 4.0], [8.0, 0.0]]), torch.tensor([[0.0], [1.0]])
    mixed_x, mixed_y = layer(x, y)
    assert mixed_x.tolist() == [[2, 3], [4, 2]]
    assert mixed_y.tolist() == [[0.25], [0.5]]
    assert all(torch.equal(*pair) for pair in zip(layer.eval()(x, y), (x, y), strict=True))


def test_losses_of_the_examples():
    task, outputs, targets = ClassificationTask(digits()), torch.randn(30, 10), torch.randint(10, (30,))
    losses = task.loss(outputs, targets)
    focal = FocalLoss(2).transform_loss(losses, outputs, targets, task)
    torch.testing.assert_close(focal, losses * (1 - (-losses).exp()) ** 2)
    penalized = ConfidencePenalty(0.2).transform_loss(losses, outputs, targets, task)
    entropy = torch.distributions.Categorical(logits=outputs).entropy()
    torch.testing.assert_close(penalized, losses - 0.2 * entropy)


def test_decay_scales_with_lr_and_strength():
    network = nn.Linear(3, 2)
    before = network.weight.detach().clone()
    with torch.no_grad():
        DecoupledWeightDecay(0.5).after_step(network, torch.tensor(0.1))
    torch.testing.assert_close(network.weight, before * 0.95)


def test_runs_without_the_hook_take_no_extra_step():
    assert build_fleet([run_with("DecoupledWeightDecay", 1)]).has_after_step
    assert not build_fleet([run_with("FocalLoss", 1)]).has_after_step


def test_base_hooks_do_nothing():
    plain, info, losses = Regularizer(1.0), TaskInfo(classes=3), torch.rand(4)
    assert plain.make_input_layer(info) is plain.make_target_layer(info) is plain.make_batch_layer(info) is None
    assert plain.make_embedding_layer() is plain.make_hidden_layer() is plain.penalty(nn.Linear(1, 1)) is None
    assert plain.should_stop(losses) is None
    assert plain.transform_loss(losses, losses, losses, None) is losses
