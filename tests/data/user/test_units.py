"""A test part in other units than the training part is refused, and one that only differs is not."""

import numpy as np
import pytest

from sharegap.data.user import arrays
from sharegap.errors import UserError
from tests.data.user.files import npz

RNG = np.random.default_rng(0)
Y, Y_TEST = np.arange(120) % 2, np.arange(40) % 2
PIXELS = np.where(RNG.random((160, 1, 8, 8)) < 0.2, RNG.random((160, 1, 8, 8)), 0)  # most are 0, as of digits
TABLE = RNG.normal(100, 3, (160, 5)) * [1, 10, 0.1, 5, 1000]


def split_arrays(folder, x, x_test):
    return npz(folder, x=x[:120], x_test=x_test[120:], y=Y, y_test=Y_TEST)


@pytest.mark.parametrize(
    "in_test",
    [lambda x: 255 * x, lambda x: x / 255, lambda x: 1000 * x, lambda x: x / 1000],
    ids=["times 255", "by 255", "times 1000", "by 1000"],
)
@pytest.mark.parametrize("x", [PIXELS, TABLE], ids=["pixels", "table"])
def test_other_units_are_refused(tmp_path, x, in_test):
    with pytest.raises(
        UserError, match=r"the test part of .* must have the units of the training part, got far larger|smaller"
    ):
        arrays(split_arrays(tmp_path, x, in_test(x)))


def test_one_column_in_other_units_is_refused(tmp_path):
    with pytest.raises(UserError, match="got far larger numbers"):
        arrays(split_arrays(tmp_path, TABLE, TABLE * [1, 1, 1000, 1, 1]))


RARE = (RNG.random((160, 400)) < 0.01) * RNG.integers(1, 5, (160, 400))
ODD = TABLE.copy()
ODD[125] *= 1e6


@pytest.mark.parametrize(
    ("x", "x_test"),
    [(TABLE, TABLE), (PIXELS, PIXELS), (TABLE, 1.2 * TABLE), (PIXELS, 1 - PIXELS), (RARE, RARE), (TABLE, ODD)],
    ids=["table", "pixels", "shifted", "inverted", "rare words", "one odd sample"],
)
def test_parts_that_only_differ_are_read(tmp_path, x, x_test):
    description = arrays(split_arrays(tmp_path, x, x_test)).description
    assert "Test: the 40 samples of x_test, from " in description


@pytest.mark.parametrize("factor", [100, 0.01])
def test_targets_in_other_units_are_refused(tmp_path, factor):
    y = TABLE[:, :2] / TABLE[0, :2] + RNG.normal(size=(160, 2))
    y[::9, 0] = np.nan
    parts = {"x": TABLE[:120], "x_test": TABLE[120:], "y": y[:120]}
    assert arrays(npz(tmp_path, **parts, y_test=y[120:])).kind == "regression"
    with pytest.raises(UserError, match=r"the targets of the test part of .* must have the units"):
        arrays(npz(tmp_path, **parts, y_test=factor * y[120:]))
