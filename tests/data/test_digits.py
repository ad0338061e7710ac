import torch

from sharegap.data import digits


def test_are_all_1797_images_with_a_fixed_stratified_test_part():
    first, second = digits(), digits()
    assert len(first.x) + len(first.x_test) == 1797
    assert first.sample_shape == (1, 8, 8)
    assert torch.equal(first.x_test, second.x_test)
    assert first.y_test.bincount().min() >= 48  # of 500, in ten classes
    assert abs(first.x.mean().item()) < 1e-6
    assert abs(first.x.std().item() - 1) < 1e-4
