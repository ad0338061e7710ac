import pytest
import torch

from sharegap.errors import UserError
from sharegap.regularizers.noise import DropoutLayer, RandomClass, RandomShiftRotation

ONE = torch.tensor(1.0)


def test_a_layer_uses_the_noise_in_its_buffer():
    layer = DropoutLayer(torch.tensor(0.5))
    layer.noise = torch.tensor([0.1, 0.9])
    assert layer(torch.ones(2)).tolist() == [0, 2]


def test_random_class_keeps_missing_targets():
    flips = RandomClass(torch.tensor(0.9), 3)
    drawn = flips(torch.tensor([-1, 2]).expand(100, 2))
    assert (drawn[:, 0] == -1).all()
    assert len(drawn[:, 1].unique()) == 3


@pytest.mark.parametrize(("shape", "dims"), [((4, 11), 1), ((4, 1, 11), 2)])
def test_shift_refuses_too_few_dimensions(shape, dims):
    """Features followed by a task's number, or a sequence as an image."""
    with pytest.raises(UserError, match=r"dataset\.augmentation\.dims must be the number of dimensions"):
        RandomShiftRotation(ONE, shift=1, rotation=0, dims=dims)(torch.randn(shape))


def test_shift_by_whole_pixels_repeats_the_edge():
    x = torch.arange(10.0).view(1, 1, 10)
    shifted = RandomShiftRotation(ONE, shift=2, rotation=0, dims=1).apply_noise(x, torch.tensor([[0.7, 0.3, 1.0]]))
    torch.testing.assert_close(shifted.flatten(), torch.tensor([2.0, 3, 4, 5, 6, 7, 8, 9, 9, 9]))


def test_images_shift_both_ways_and_rotate():
    x = torch.randn(1, 3, 5, 5)
    layer = RandomShiftRotation(ONE, shift=1, rotation=90, dims=2)
    shifted = layer.apply_noise(x, torch.tensor([[0.0, 1.0, -1.0]]))
    torch.testing.assert_close(shifted[..., :-1, 1:], x[..., 1:, :-1])
    rotated = layer.apply_noise(x, torch.tensor([[1.0, 0.0, 0.0]]))
    torch.testing.assert_close(rotated, x.rot90(1, (-2, -1)), rtol=1e-4, atol=1e-5)


def test_rotation_of_an_oblong_image_is_rigid():
    """A pixel right of the center of a wide image goes above or below it, at the same distance."""
    x = torch.zeros(1, 1, 5, 9)
    x[0, 0, 2, 6] = 1  # two to the right of the center
    layer = RandomShiftRotation(ONE, shift=0, rotation=90, dims=2)
    rotated = layer.apply_noise(x, torch.tensor([[1.0, 0.0, 0.0]]))
    assert rotated[0, 0, 0, 4].item() == pytest.approx(1, abs=1e-4)


def test_images_of_a_pair_shift_independently():
    layer, pair = RandomShiftRotation(ONE, shift=2, rotation=0, dims=2), torch.randn(1, 1, 8, 8).expand(4, 2, 1, 8, 8)
    assert layer.noise_shape(pair) == (4, 2, 3)
    torch.manual_seed(0)
    assert len(layer(pair).flatten(0, 1).unique(dim=0)) == 8


def test_shift_is_off_in_evaluation_and_at_zero():
    x = torch.randn(4, 1, 8, 8)
    for layer in (RandomShiftRotation(ONE, 2, 15, 2).eval(), RandomShiftRotation(torch.tensor(0.0), 2, 15, 2)):
        assert torch.equal(layer(x), x)
