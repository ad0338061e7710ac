import numpy as np
import pytest
import torch

from sharegap.data import standardize as module
from sharegap.data.standardize import Standardizer, standardize

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_channels_have_mean_0_and_std_1(monkeypatch, dtype):
    monkeypatch.setattr(module, "BLOCK", 100)  # several blocks
    x, x_test = RNG.integers(0, 256, (2, 30, 3, 4, 5)).astype(dtype)
    mean, std = x.mean((0, 2, 3), keepdims=True), x.std((0, 2, 3), keepdims=True)
    for standardized, images in zip(standardize(x, x_test), (x, x_test), strict=True):
        torch.testing.assert_close(standardized, torch.tensor((images - mean) / std).float())


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_constant_channels_become_0(dtype):
    x = np.stack([np.full(10, 0.1), np.arange(10)], 1).astype(dtype)
    rows = np.arange(9)
    standardizer = Standardizer.fit(x, rows, axis=1)
    assert standardizer.constant.ravel().tolist() == [True, False]
    assert (standardizer.apply(x + dtype(1), rows)[:, 0] == 0).all()


def test_small_deviations_of_large_numbers_remain():
    x = 1.7e9 + np.arange(40.0)[:, None]
    rows = np.arange(40)
    assert len(Standardizer.fit(x, rows, axis=1).apply(x, rows).unique()) == 40


def test_overflow_is_an_infinity_and_no_warning():
    """A test part in other units: its reader refuses it by one sentence."""
    x = np.array([[0.0], [1e-71], [1.0]])
    standardized = Standardizer.fit(x, np.arange(2), axis=1).apply(x, np.arange(3))
    assert standardized.isfinite().flatten().tolist() == [True, True, False]
