import pytest
import torch

from sharegap.errors import UserError
from sharegap.regularizers import AugmentationRegularizer, TaskInfo
from sharegap.regularizers.noise import RandomClass, RandomShiftRotation


@pytest.mark.parametrize("declared", [{}, {"replacement": 0}])
def test_refuses_data_that_declare_none(declared):
    with pytest.raises(UserError, match="declares no augmentation"):
        AugmentationRegularizer(0.5).make_input_layer(TaskInfo(classes=10, augmentation=declared))


def test_the_layer_takes_the_declared_magnitudes():
    declared = {"dims": 2, "shift": 3, "rotation": 10}
    layer = AugmentationRegularizer(0.5).make_input_layer(TaskInfo(classes=10, augmentation=declared))
    assert isinstance(layer, RandomShiftRotation)
    assert (layer.strength, layer.shift, layer.rotation, layer.dims) == (0.5, 3, 10, 2)


def test_tokens_are_replaced_as_often_as_declared():
    layer = AugmentationRegularizer(0.5).make_input_layer(TaskInfo(classes=4, augmentation={"replacement": 0.4}))
    assert isinstance(layer, RandomClass)
    torch.manual_seed(0)
    unchanged = (layer(torch.zeros(50_000, 2, dtype=torch.int64)) == 0).float().mean().item()
    assert unchanged == pytest.approx(1 - 0.2 * 3 / 4, abs=0.01)


def make_layer(**augmentation):
    return AugmentationRegularizer(0.5).make_input_layer(TaskInfo(classes=10, augmentation=augmentation))


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"dims": 2, "shfit": 1}, "there is no augmentation 'shfit': did you mean shift"),
        ({"dims": 2, "rotate": 15}, "there is no augmentation 'rotate': did you mean rotation"),
        ({"dims": 2, "shift": 1, "replacement": 0.1}, "must have a shift or rotation, or a replacement alone"),
        ({"dims": 2}, "above 0, got {'dims': 2}"),
        ({"dims": 2, "shift": 0}, "above 0, got"),
        ({"dims": 2, "shift": -1000}, r"dataset.augmentation.shift must be in [0, inf), got -1000"),
        ({"dims": 3, "shift": 1}, "dataset.augmentation.dims must be an integer in [1, 2], got 3"),
        ({"shift": 1}, "dataset.augmentation must have dims, 1 or 2, got {'shift': 1}"),
        ({"replacement": 1.5}, "dataset.augmentation.replacement must be in [0, 1], got 1.5"),
    ],
)
def test_impossible_augmentation_is_refused(declared, sentence):
    with pytest.raises(UserError) as raised:
        make_layer(**declared)
    assert sentence in str(raised.value)


def test_shift_beyond_the_sample():
    with pytest.raises(UserError, match=r"shift must be below the size of a sample \(8, 6\), got 6"):
        make_layer(dims=2, shift=6)(torch.zeros(4, 1, 8, 6))
