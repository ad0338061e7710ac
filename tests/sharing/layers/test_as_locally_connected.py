from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from sharegap.errors import UserError
from sharegap.sharing import Hard, Hashed, Independent, Soft, SoftPenalty, as_locally_connected

# PyTorch's own even kernels may copy their input.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

CONVOLUTIONS = {
    "1d": (lambda: nn.Conv1d(2, 3, 3, stride=2, padding=1), (9,)),
    "1d without bias": (lambda: nn.Conv1d(2, 3, 4, bias=False), (9,)),
    "2d": (lambda: nn.Conv2d(2, 3, 3, padding=2), (5, 4)),
    "2d without bias": (lambda: nn.Conv2d(2, 3, 2, stride=2, bias=False), (5, 4)),
    "3d": (lambda: nn.Conv3d(2, 3, 2, stride=2, padding=1), (3, 4, 5)),
    "groups": (lambda: nn.Conv1d(2, 4, 3, groups=2), (9,)),
    "dilation": (lambda: nn.Conv1d(2, 3, 3, dilation=2), (9,)),
    "padding by name": (lambda: nn.Conv1d(2, 3, 4, padding="same"), (9,)),
    "no padding by name": (lambda: nn.Conv1d(2, 3, 4, padding="valid"), (9,)),
    "unequal options": (lambda: nn.Conv2d(2, 3, (3, 2), (1, 2), (0, 1), (2, 1)), (9, 8)),
    "weight norm": (lambda: weight_norm(nn.Conv1d(2, 3, 3)), (9,)),
    "parallel": (lambda: nn.DataParallel(nn.Conv1d(2, 3, 3)), (9,)),
}


@pytest.mark.parametrize("sharing", [Independent, SoftPenalty, Hard])
@pytest.mark.parametrize(("make", "size"), CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_starts_equal_to_the_convolution(make, size, sharing):
    convolution, x = make(), torch.randn(4, 2, *size)
    layer = as_locally_connected(convolution, size, sharing)
    torch.testing.assert_close(layer(x), convolution(x))
    positions = 1 if sharing is Hard else layer.site.copies
    convolution = getattr(convolution, "module", convolution)
    per_filter = convolution.weight.numel() + (0 if convolution.bias is None else convolution.out_channels)
    assert sum(p.numel() for p in layer.parameters()) == positions * per_filter


def test_filters_are_independent_by_default():
    convolution, x = nn.Conv1d(2, 3, 3), torch.randn(4, 2, 9)
    layer = as_locally_connected(convolution, (9,))
    layer(x).square().sum().backward()
    assert len(layer.weight.value.grad.unique(dim=0)) == 7


def test_the_convolution_is_not_changed():
    convolution = nn.Conv1d(2, 3, 3)
    before = convolution.weight.detach().clone()
    layer = as_locally_connected(convolution, (9,))
    with torch.no_grad():
        layer.weight.value.zero_()
    assert torch.equal(convolution.weight, before)
    assert convolution.weight.grad is None
    assert all(p.requires_grad for p in layer.parameters())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_keeps_the_dtype(dtype):
    convolution = nn.Conv1d(2, 3, 3).to(dtype)
    layer = as_locally_connected(convolution, (9,))
    x = torch.randn(4, 2, 9).to(dtype)
    assert layer(x).dtype == dtype
    tolerance = {"rtol": 1e-6, "atol": 1e-6} if dtype == torch.float64 else {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(layer(x), convolution(x), **tolerance)


def test_frozen_parameters_stay_frozen():
    frozen = as_locally_connected(nn.Conv1d(2, 3, 3).requires_grad_(False), (9,))
    assert not any(p.requires_grad for p in frozen.parameters())
    convolution = nn.Conv1d(2, 3, 3).eval()
    convolution.weight.requires_grad_(False)
    layer = as_locally_connected(convolution, 9)
    assert not layer.weight.value.requires_grad
    assert layer.bias.value.requires_grad
    assert not layer.training


CONV = nn.Conv2d(2, 3, 3)
REFUSED = {
    "padding mode": (nn.Conv1d(2, 3, 3, padding=1, padding_mode="circular"), 9, "convolution must be .* got Conv1d"),
    "transposed": (nn.ConvTranspose2d(2, 3, 3), (9, 9), "convolution must be .* got ConvTranspose2d"),
    "lazy": (nn.LazyConv2d(3, 3), (9, 9), "convolution must be .* got LazyConv2d"),
    "linear": (nn.Linear(2, 3), (9,), "convolution must be .* got Linear"),
    "no module": (3, (9,), "convolution must be .* got 3"),
    "too few sizes": (CONV, (9,), r"size must be an integer >= 1, or 2 of them, got \(9,\)"),
    "with channels": (CONV, (2, 9, 9), r"size must be an integer >= 1, or 2 of them, got \(2, 9, 9\)"),
    "no size": (CONV, "9", "size must be an integer >= 1, or 2 of them, got '9'"),
    "too small": (CONV, (2, 9), r"kernel must be <= 2 for an input of \(2, 9\) with padding 0, got 3"),
}


@pytest.mark.parametrize(("module", "size", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refuses(module, size, sentence):
    with pytest.raises(UserError, match=f"^{sentence}"):
        as_locally_connected(module, size)


@pytest.mark.parametrize("sharing", [Soft, partial(Hashed, compression=2), "soft"])
def test_refuses_a_strategy_that_starts_elsewhere(sharing):
    with pytest.raises(UserError, match=r"^sharing must (start its copies as the convolution|be a strategy)"):
        as_locally_connected(CONV, 9, sharing)


def test_a_normed_convolution_stays_trained_without_gradients():
    with torch.no_grad():
        layer = as_locally_connected(weight_norm(nn.Conv1d(1, 2, 3)), 5)
    assert all(parameter.requires_grad for parameter in layer.parameters())
