import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.regularizers import AugmentationRegularizer, TaskInfo
from sharegap.regularizers.augmentation import Movement

ONE = torch.tensor(1.0)


@pytest.mark.parametrize("strength", [-0.1, 1.1, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match=r"must be in \[0, 1\]"):
        AugmentationRegularizer(strength)


def test_refuses_data_that_declare_none():
    with pytest.raises(UserError, match="declares no augmentation"):
        AugmentationRegularizer(0.5).inputs(TaskInfo(classes=10))


def test_refuses_samples_of_fewer_dimensions_than_it_moves():
    """Features that are followed by a task's number, or a sequence as an image."""
    for x, dims in ((torch.randn(4, 11), 1), (torch.randn(4, 1, 11), 2)):
        with pytest.raises(UserError, match=r"set dataset\.augmentation\.dims to what they have"):
            Movement(ONE, shift=1, rotation=0, dims=dims)(x)


def test_a_whole_shift_moves_every_number_and_repeats_the_edge():
    x = torch.arange(10.0).view(1, 1, 10)
    moved = Movement(ONE, shift=2, rotation=0, dims=1).apply_noise(x, torch.tensor([[0.7, 0.3, 1.0]]))
    torch.testing.assert_close(moved.flatten(), torch.tensor([2.0, 3, 4, 5, 6, 7, 8, 9, 9, 9]))


def test_images_move_in_both_directions_and_turn():
    x = torch.randn(1, 3, 5, 5)
    layer = Movement(ONE, shift=1, rotation=90, dims=2)
    shifted = layer.apply_noise(x, torch.tensor([[0.0, 1.0, -1.0]]))
    torch.testing.assert_close(shifted[..., :-1, 1:], x[..., 1:, :-1])
    turned = layer.apply_noise(x, torch.tensor([[1.0, 0.0, 0.0]]))
    torch.testing.assert_close(turned, x.rot90(1, (-2, -1)), rtol=1e-4, atol=1e-5)


def test_a_turn_of_an_oblong_image_is_rigid():
    """A point beside the middle of a wide image goes above or below it, at the same distance."""
    x = torch.zeros(1, 1, 5, 9)
    x[0, 0, 2, 6] = 1  # two to the right of the middle
    turned = Movement(ONE, shift=0, rotation=90, dims=2).apply_noise(x, torch.tensor([[1.0, 0.0, 0.0]]))
    assert turned[0, 0, 0, 4].item() == pytest.approx(1, abs=1e-4)


def test_samples_move_apart_and_parts_of_a_pair_too():
    layer, pair = Movement(ONE, shift=2, rotation=0, dims=2), torch.randn(1, 1, 8, 8).expand(4, 2, 1, 8, 8)
    assert layer.noise_shape(pair) == (4, 2, 3)
    torch.manual_seed(0)
    assert len(layer(pair).flatten(0, 1).unique(dim=0)) == 8


def test_in_evaluation_or_at_zero_it_does_nothing():
    x = torch.randn(4, 1, 8, 8)
    for layer in (Movement(ONE, 2, 15, 2).eval(), Movement(torch.tensor(0.0), 2, 15, 2)):
        assert torch.equal(layer(x), x)


def test_tokens_are_replaced_with_the_declared_probability():
    layer = AugmentationRegularizer(0.5).inputs(TaskInfo(classes=4, augmentation={"replacement": 0.4}))
    torch.manual_seed(0)
    kept = (layer(torch.zeros(50_000, 2, dtype=torch.int64)) == 0).float().mean().item()
    assert kept == pytest.approx(1 - 0.2 * 3 / 4, abs=0.01)
