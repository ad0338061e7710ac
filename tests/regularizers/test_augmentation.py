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
