import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, SoftPenalty, as_locally_connected

CONVOLUTIONS = {
    "1d": (lambda: nn.Conv1d(2, 3, 3, stride=2, padding=1), (9,)),
    "1d without bias": (lambda: nn.Conv1d(2, 3, 4, bias=False), (9,)),
    "2d": (lambda: nn.Conv2d(2, 3, 3, padding=2), (5, 4)),
    "2d without bias": (lambda: nn.Conv2d(2, 3, 2, stride=2, bias=False), (5, 4)),
    "3d": (lambda: nn.Conv3d(2, 3, 2, stride=2, padding=1), (3, 4, 5)),
}


@pytest.mark.parametrize("sharing", [Independent, SoftPenalty, Hard])
@pytest.mark.parametrize(("make", "size"), CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_starts_equal_to_the_convolution(make, size, sharing):
    convolution, x = make(), torch.randn(4, 2, *size)
    layer = as_locally_connected(convolution, size, sharing)
    torch.testing.assert_close(layer(x), convolution(x))
    positions = 1 if sharing is Hard else layer.site.copies
    per_filter = convolution.weight.numel() + convolution.out_channels
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


REFUSED = {
    "groups": (lambda: nn.Conv1d(2, 4, 3, groups=2), (9,)),
    "dilation": (lambda: nn.Conv1d(2, 3, 3, dilation=2), (9,)),
    "padding by name": (lambda: nn.Conv1d(2, 3, 3, padding="same"), (9,)),
    "padding mode": (lambda: nn.Conv1d(2, 3, 3, padding=1, padding_mode="circular"), (9,)),
    "unequal strides": (lambda: nn.Conv2d(2, 3, 3, stride=(1, 2)), (9, 9)),
    "unequal kernels": (lambda: nn.Conv2d(2, 3, (3, 2)), (9, 9)),
    "unequal paddings": (lambda: nn.Conv2d(2, 3, 3, padding=(0, 1)), (9, 9)),
}


@pytest.mark.parametrize(("make", "size"), REFUSED.values(), ids=REFUSED)
def test_refuses_other_convolutions(make, size):
    with pytest.raises(UserError, match=r"^convolution must have one group, no dilation, .* got Conv"):
        as_locally_connected(make(), size)
