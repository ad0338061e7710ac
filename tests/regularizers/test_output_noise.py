import pytest
import torch
import torch.nn.functional as F

from sharegap.data.sets import digits, digits_reconstruction
from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.regularizers import OutputNoiseRegularizer, TaskInfo
from sharegap.tasks import ClassificationTask, ReconstructionTask
from tests.helpers import make_run

CLASSES = TaskInfo(classes=4)


def test_smoothing_is_label_smoothing():
    smoothing, task = OutputNoiseRegularizer(0.2), ClassificationTask(digits())
    assert smoothing.make_target_layer(TaskInfo(task.classes)) is None
    outputs, targets = torch.randn(30, 10), torch.randint(10, (30,))
    losses = smoothing.transform_loss(task.loss(outputs, targets), outputs, targets, task)
    torch.testing.assert_close(losses, F.cross_entropy(outputs, targets, reduction="none", label_smoothing=0.2))


@pytest.mark.parametrize(
    "site", [["dataset=two_digits", "model=multitask"], ["dataset=digit_pairs", "model=siamese"]], ids=str
)
def test_loss_over_targets_is_the_mean_of_losses(site):
    task = build_objective(make_run(*site)).task
    shape = (6, *task.output_shape) if task.output_shape else (6, 2, 5)
    outputs, columns = torch.randn(shape), (2,) if task.output_shape else ()
    losses = [task.loss(outputs, torch.full((6, *columns), target)) for target in range(task.classes)]
    torch.testing.assert_close(task.loss_over_targets(outputs), torch.stack(losses).mean(0))


def test_flips_replace_a_share_by_any_class():
    layer = OutputNoiseRegularizer(0.4, "flips").make_target_layer(CLASSES)
    targets = torch.zeros(100_000, dtype=torch.int64)
    torch.manual_seed(0)
    shares = layer(targets).bincount(minlength=4) / len(targets)
    assert shares.tolist() == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=0.01)  # a flip may fall on the same class
    assert torch.equal(layer.eval()(targets), targets)
    assert torch.equal(OutputNoiseRegularizer(0.0, "flips").make_target_layer(CLASSES)(targets), targets)


def test_real_targets_get_gaussian_noise():
    noise, task = OutputNoiseRegularizer(0.3), ReconstructionTask(digits_reconstruction())
    layer, targets = noise.make_target_layer(TaskInfo(task.classes)), torch.zeros(100_000)
    torch.manual_seed(0)
    assert layer(targets).std().item() == pytest.approx(0.3, abs=0.005)
    losses = torch.rand(5)
    assert noise.transform_loss(losses, targets, targets, task) is losses


@pytest.mark.parametrize(("kind", "classes"), [("gaussian", 4), ("smoothing", 0), ("flips", 0)])
def test_refuses_a_kind_that_targets_do_not_have(kind, classes):
    with pytest.raises(UserError, match=f"kind must be .* for these targets, got {kind}: leave it at null"):
        OutputNoiseRegularizer(0.1, kind).make_target_layer(TaskInfo(classes))


def test_an_unknown_kind_suggests_near_misses():
    with pytest.raises(UserError, match="did you mean smoothing"):
        OutputNoiseRegularizer(0.1, "smooth")
