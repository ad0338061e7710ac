import math

import pytest
import torch
import torch.nn.functional as F

from sharegap.data.sets import digits, digits_reconstruction
from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.regularizers import OutputNoiseRegularizer, TaskInfo
from sharegap.regularizers.output_noise import RandomClass
from sharegap.tasks import ClassificationTask, ReconstructionTask
from tests.helpers import make_run

CLASSES = TaskInfo(classes=4)


@pytest.mark.parametrize("strength", [-0.1, 1.0, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match=r"must be in \[0, 1\)"):
        OutputNoiseRegularizer(strength)


def test_smoothing_is_label_smoothing():
    smoothing, task = OutputNoiseRegularizer(0.2), ClassificationTask(digits())
    assert smoothing.targets(TaskInfo(task.classes)) is None
    outputs, targets = torch.randn(30, 10), torch.randint(10, (30,))
    got = smoothing.loss(task.loss(outputs, targets), lambda: task.loss_over_targets(outputs))
    torch.testing.assert_close(got, F.cross_entropy(outputs, targets, reduction="none", label_smoothing=0.2))


@pytest.mark.parametrize(
    "site", [["dataset=two_digits", "model=multitask"], ["dataset=digit_pairs", "model=siamese"]], ids=str
)
def test_the_mean_over_targets_is_the_mean_of_the_losses(site):
    task = build_objective(make_run(*site)).task
    shape = (6, *task.output_shape) if task.output_shape else (6, 2, 5)
    outputs, columns = torch.randn(shape), (2,) if task.output_shape else ()
    losses = [task.loss(outputs, torch.full((6, *columns), target)) for target in range(task.classes)]
    torch.testing.assert_close(task.loss_over_targets(outputs), torch.stack(losses).mean(0))


def test_flips_replace_a_share_by_any_class():
    layer, targets = OutputNoiseRegularizer(0.4, "flips").targets(CLASSES), torch.zeros(100_000, dtype=torch.int64)
    torch.manual_seed(0)
    shares = layer(targets).bincount(minlength=4) / len(targets)
    assert shares.tolist() == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=0.01)  # a flip may fall on the same class
    assert torch.equal(layer.eval()(targets), targets)
    assert torch.equal(OutputNoiseRegularizer(0.0, "flips").targets(CLASSES)(targets), targets)


def test_real_targets_get_gaussian_noise():
    noise, task = OutputNoiseRegularizer(0.3), ReconstructionTask(digits_reconstruction())
    torch.manual_seed(0)
    assert noise.targets(TaskInfo(task.classes))(torch.zeros(100_000)).std().item() == pytest.approx(0.3, abs=0.005)
    losses = torch.rand(5)
    assert noise.loss(losses, task.loss_over_targets) is losses


@pytest.mark.parametrize(("kind", "classes"), [("gaussian", 4), ("smoothing", 0), ("flips", 0)])
def test_refuses_a_kind_that_the_targets_do_not_have(kind, classes):
    with pytest.raises(UserError, match=f"the kind {kind} needs .* as targets: leave"):
        OutputNoiseRegularizer(0.1, kind).targets(TaskInfo(classes))


def test_an_unknown_kind_is_named_with_its_near_misses():
    with pytest.raises(UserError, match="did you mean smoothing"):
        OutputNoiseRegularizer(0.1, "smooth")


def test_what_is_missing_stays_missing():
    flips = RandomClass(torch.tensor(0.9), 3)
    targets = torch.tensor([-1, 2]).expand(100, 2)
    drawn = flips(targets)
    assert (drawn[:, 0] == -1).all()
    assert len(drawn[:, 1].unique()) == 3
