"""Channels come before the size of a sample, or a sentence asks where they are."""

import numpy as np
import pytest
import torch

from sharegap.data.user import arrays
from sharegap.errors import UserError
from tests.data.user.files import RNG, Y, npz

IMAGES = RNG.normal(size=(40, 3, 8, 6))


def test_channels_last_are_asked_for(tmp_path):
    last = np.moveaxis(IMAGES, 1, -1)
    path = npz(tmp_path, x=last, y=Y, x_test=last, y_test=Y)
    with pytest.raises(
        UserError, match=r"got \(40, 8, 6, 3\), which looks like .*=first if these are 8 channels of 6×3"
    ):
        arrays(path)
    dataset = arrays(path, channels="last")
    expected = arrays(npz(tmp_path, x=IMAGES, y=Y, x_test=IMAGES, y_test=Y))
    assert torch.equal(dataset.x, expected.x)
    assert torch.equal(dataset.x_test, expected.x_test)
    assert arrays(path, channels="first").sample_shape == (8, 6, 3)
    with pytest.raises(UserError, match="did you mean last"):
        arrays(path, channels="lst")


@pytest.mark.parametrize("dtype", [float, np.uint8])
def test_missing_channels_are_asked_for(tmp_path, dtype):
    x = RNG.integers(0, 256, (40, 8, 8 if dtype is float else 6)).astype(dtype)
    path = npz(tmp_path, x=x, y=Y)
    with pytest.raises(UserError, match=r"looks like images without one: give x\[:, None\], or set .*=first"):
        arrays(path)
    assert arrays(path, channels="first").sample_shape == x.shape[1:]
    pairs = npz(tmp_path, x=np.stack([x, x], 1), y=Y % 2)
    with pytest.raises(UserError, match=r"give x\[:, :, None\], or set"):
        arrays(pairs, "pairs")


@pytest.mark.parametrize(
    "shape",
    [(6,), (1, 8, 8), (3, 8, 8), (4, 8, 6), (2, 8, 3), (8, 9, 10), (1, 40), (3, 40), (9, 128), (16, 20), (3, 3)],
)
def test_usual_shapes_are_taken(tmp_path, shape):
    assert arrays(npz(tmp_path, x=RNG.normal(size=(40, *shape)), y=Y)).sample_shape[-len(shape) :] == shape


def test_sequences_with_channels_last(tmp_path):
    with pytest.raises(UserError, match=r"looks like channels last: .*=first if these are 50 channels of length 3"):
        arrays(npz(tmp_path, x=RNG.normal(size=(40, 50, 3)), y=Y))
