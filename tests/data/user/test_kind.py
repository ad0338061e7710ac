"""What kind targets are, and where that is asked."""

import numpy as np
import pytest
import torch

from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, npz, text

ONE_HOT = np.eye(3)[Y]


@pytest.mark.parametrize("dtype", [float, int, bool, np.float32, np.uint8])
def test_one_hot_classes_are_asked_about(tmp_path, dtype):
    path = npz(tmp_path, x=X, y=ONE_HOT.astype(dtype))
    with pytest.raises(UserError, match="as the 3 targets look like one-hot classes, got null"):
        arrays(path)
    plain = arrays(npz(tmp_path, x=X, y=Y))
    dataset = arrays(path, "classification")
    assert torch.equal(dataset.y, plain.y)
    assert dataset.classes == 3
    assert "3 classes: y0 (14), y1 (13), y2 (13)" in dataset.description
    assert arrays(path, "multitask").tasks == ("y0", "y1", "y2")
    assert arrays(path, "regression").kind == "regression"


@pytest.mark.parametrize(
    "y",
    [np.eye(3, dtype=int)[Y] + np.eye(3, dtype=int)[0], np.stack([Y, 1 - Y % 2], 1), np.eye(2)[Y % 2] * 0.5 + X[:, :2]],
)
def test_other_targets_are_not_one_hot(tmp_path, y):
    assert arrays(npz(tmp_path, x=X, y=y)).kind in ("multitask", "regression")


def test_one_hot_columns_of_a_table(tmp_path):
    rows = "".join(f"{x:.3f},{a:g},{b:g},{c:g}\n" for x, (a, b, c) in zip(X[:, 0], ONE_HOT, strict=True))
    path = text(tmp_path, "x,cat,dog,cow\n" + rows)
    targets = ["cat", "dog", "cow"]
    with pytest.raises(UserError, match="look like one-hot classes"):
        table(path, targets)
    assert "3 classes: cat (14), cow (13), dog (13)" in table(path, targets, kind="classification").description


@pytest.mark.parametrize(
    "labels", [Y * 1.0, Y * 2.0 - 1, np.where(Y, 1.0, -1.0), np.where(Y, Y, np.nan), Y[:, None] * 1.0]
)
def test_whole_real_numbers_are_asked_about(tmp_path, labels):
    path = npz(tmp_path, x=X, y=labels)
    with pytest.raises(
        UserError, match=r"dataset.kind must be classification or regression, as y0? takes . whole values"
    ):
        arrays(path)
    if -1 not in labels:
        assert arrays(path, "classification").kind == "classification"
    assert " whole values" in arrays(path, "regression").description


@pytest.mark.parametrize("numbers", [X[:, 0], Y + 0.5, np.arange(40.0), Y * 1e17 + X[:, 0], np.stack([Y, X[:, 0]], 1)])
def test_measured_numbers_are_not_asked_about(tmp_path, numbers):
    dataset = arrays(npz(tmp_path, x=X, y=numbers))
    assert dataset.kind == "regression"
