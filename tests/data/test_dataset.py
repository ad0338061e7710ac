import torch

from sharegap.data.dataset import Dataset


def test_sample_shape_is_that_of_an_input():
    assert Dataset(torch.zeros(3, 2, 4), *[torch.zeros(3)] * 3, classes=2).sample_shape == (2, 4)
