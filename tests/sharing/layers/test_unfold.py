"""Convolutions of many runs at once are those of each."""

from functools import partial

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import vmap

from sharegap.sharing.layers import _unfold
from sharegap.sharing.layers._unfold import convolve, unfold
from sharegap.sharing.layers._window import make_window

RUNS = 3


def random(*shape):
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("way", ["_convolve_by_windows", "_convolve_in_groups"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("options", [{"stride": 2, "padding": 1}, {"padding": "same", "dilation": 2}])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolutions_of_runs(monkeypatch, dims, options, groups, way):
    """In both ways, of which the device and the dimensions choose one."""
    for name in ("_convolve_by_windows", "_convolve_in_groups"):
        monkeypatch.setattr(_unfold, name, getattr(_unfold, way))
    window = make_window(dims, 3, **options)
    x = random(RUNS, 4, 2 * groups, *[7, 6, 5][:dims])
    weight, bias = random(RUNS, 3 * groups, 2, *[3] * dims), random(RUNS, 3 * groups)
    results = []
    for outputs in (
        vmap(lambda *tensors: convolve(*tensors, window, groups))(x, weight, bias),
        torch.stack([convolve(*tensors, window, groups) for tensors in zip(x, weight, bias, strict=True)]),
    ):
        gradients = torch.autograd.grad(outputs.square().sum(), (x, weight, bias))
        results.append([outputs, *gradients])
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("dims", [1, 2])
def test_inputs_that_runs_share(dims):
    """Only the weights are of many runs, or only the inputs."""
    window = make_window(dims, 3)
    x, weight, bias = random(4, 2, *[6] * dims), random(RUNS, 3, 2, *[3] * dims), random(3)
    outputs = vmap(lambda weight: convolve(x, weight, bias, window))(weight)
    torch.testing.assert_close(outputs, torch.stack([convolve(x, filters, bias, window) for filters in weight]))
    outputs = vmap(lambda x: convolve(x, weight[0], bias, window))(torch.stack([x, 2 * x]))
    torch.testing.assert_close(outputs[1], convolve(2 * x, weight[0], bias, window))


@pytest.mark.parametrize("dims", [1, 2])
def test_gradients_agree_with_finite_differences(dims):
    window = make_window(dims, 2, stride=2, padding=1)
    inputs = random(RUNS, 2, 2, *[4] * dims), random(RUNS, 2, 2, *[2] * dims), random(RUNS, 2)
    assert gradcheck(vmap(lambda *tensors: convolve(*tensors, window)), inputs)
    assert gradcheck(lambda *tensors: convolve(*tensors, window), [tensor[0] for tensor in inputs])


@pytest.mark.parametrize("dims", [1, 2])
def test_forward_mode_agrees_with_finite_differences(dims):
    window = make_window(dims, 2, stride=2, padding=1)
    inputs = random(2, 2, *[4] * dims), random(2, 2, *[2] * dims), random(2)
    assert gradcheck(lambda *tensors: convolve(*tensors, window), inputs, check_forward_ad=True)
    windows = partial(unfold, window=window, grid=window.output_size((4,) * dims))
    assert gradcheck(windows, inputs[0], check_forward_ad=True, check_batched_forward_grad=True)


def test_same_has_one_more_zero_after_than_before():
    assert make_window(2, (4, 3), padding="same", dilation=(1, 2)).padding == ((1, 2), (2, 2))
