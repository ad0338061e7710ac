"""Convolutions of many runs at once are those of each."""

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import vmap

from sharegap.sharing.layers import _unfold
from sharegap.sharing.layers._unfold import convolve

RUNS = 3


def random(*shape):
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("way", ["_convolve_by_windows", "_convolve_in_groups"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolutions_of_runs(monkeypatch, dims, groups, way):
    """In both ways, of which the device and the dimensions choose one."""
    for name in ("_convolve_by_windows", "_convolve_in_groups"):
        monkeypatch.setattr(_unfold, name, getattr(_unfold, way))
    x = random(RUNS, 4, 2 * groups, *[7, 6, 5][:dims])
    weight, bias = random(RUNS, 3 * groups, 2, *[3] * dims), random(RUNS, 3 * groups)
    results = []
    for outputs in (
        vmap(lambda *tensors: convolve(*tensors, 2, 1, groups))(x, weight, bias),
        torch.stack([convolve(*tensors, 2, 1, groups) for tensors in zip(x, weight, bias, strict=True)]),
    ):
        gradients = torch.autograd.grad(outputs.square().sum(), (x, weight, bias))
        results.append([outputs, *gradients])
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("dims", [1, 2])
def test_inputs_that_runs_share(dims):
    """Only the weights are of many runs, or only the inputs."""
    x, weight, bias = random(4, 2, *[6] * dims), random(RUNS, 3, 2, *[3] * dims), random(3)
    outputs = vmap(lambda weight: convolve(x, weight, bias, 1))(weight)
    torch.testing.assert_close(outputs, torch.stack([convolve(x, filters, bias, 1) for filters in weight]))
    outputs = vmap(lambda x: convolve(x, weight[0], bias, 1))(torch.stack([x, 2 * x]))
    torch.testing.assert_close(outputs[1], convolve(2 * x, weight[0], bias, 1))


@pytest.mark.parametrize("dims", [1, 2])
def test_gradients_agree_with_finite_differences(dims):
    inputs = random(RUNS, 2, 2, *[4] * dims), random(RUNS, 2, 2, *[2] * dims), random(RUNS, 2)
    assert gradcheck(vmap(lambda *tensors: convolve(*tensors, 2, 1)), inputs)
    assert gradcheck(lambda *tensors: convolve(*tensors, 2, 1), [tensor[0] for tensor in inputs])
