"""The layer against PyTorch's convolutions, in float64."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, LocallyConnected, locally_connected

CONVOLUTION = {1: F.conv1d, 2: F.conv2d}


@st.composite
def layers(draw):
    dims = draw(st.sampled_from([1, 2]))
    kernel, padding = draw(st.integers(1, 4)), draw(st.integers(0, 2))
    size = tuple(draw(st.integers(max(1, kernel - 2 * padding), 9)) for _ in range(dims))
    options = {"kernel": kernel, "stride": draw(st.integers(1, 3)), "padding": padding}
    return draw(st.integers(1, 3)), draw(st.integers(1, 3)), size, options, draw(st.integers(1, 4))


def reference(x, weight, bias, options):
    return CONVOLUTION[weight.dim() - 2](x, weight, bias, options["stride"], options["padding"])


@given(layers())
@settings(max_examples=60, deadline=None)
def test_equal_filters_are_the_convolution(case):
    in_channels, out_channels, size, options, batch = case
    hard = LocallyConnected(Hard, in_channels, out_channels, size, **options).double()
    free = LocallyConnected(Independent, in_channels, out_channels, size, **options).double()
    with torch.no_grad():
        free.weight.value.copy_(hard.weight())
        free.bias.value.copy_(hard.bias())
    x = torch.randn(batch, in_channels, *size, dtype=torch.float64)
    weight, bias = (p.detach().clone().requires_grad_() for p in (hard.weight.value, hard.bias.value))
    inputs = [x.clone().requires_grad_() for _ in range(3)]
    outputs = [reference(inputs[0], weight, bias, options), hard(inputs[1]), free(inputs[2])]
    pull = torch.randn_like(outputs[0])
    for output in outputs:
        (output * pull).sum().backward()

    close = {"rtol": 0, "atol": 1e-10}
    for output, inp in zip(outputs[1:], inputs[1:], strict=True):
        torch.testing.assert_close(output, outputs[0], **close)
        torch.testing.assert_close(inp.grad, inputs[0].grad, **close)
    torch.testing.assert_close(hard.weight.value.grad, weight.grad, **close)
    torch.testing.assert_close(hard.bias.value.grad, bias.grad, **close)
    # What one shared filter receives is what its copies receive together.
    torch.testing.assert_close(free.weight.value.grad.sum(0), weight.grad, **close)
    torch.testing.assert_close(free.bias.value.grad.sum(0), bias.grad, **close)


def test_positions_are_in_row_major_order():
    x = torch.randn(2, 3, 5, 3, dtype=torch.float64)
    weight = torch.randn(6, 2, 3, 2, 2, dtype=torch.float64)  # the output is 3 × 2
    bias = torch.randn(6, 2, dtype=torch.float64)
    got = locally_connected(x, weight, bias, stride=2, padding=1)
    assert got.shape == (2, 2, 3, 2)
    for position in range(6):
        row, column = divmod(position, 2)
        expected = F.conv2d(x, weight[position], bias[position], stride=2, padding=1)[:, :, row, column]
        torch.testing.assert_close(got[:, :, row, column], expected, rtol=0, atol=1e-12)


def test_has_the_initial_range_of_torch():
    torch.manual_seed(0)
    ours = LocallyConnected(Independent, 8, 16, (40,), kernel=3).weight()
    bound = (8 * 3) ** -0.5
    assert ours.abs().max() <= bound
    assert ours.abs().max() > 0.99 * bound


def test_refuses_a_kernel_larger_than_the_input():
    with pytest.raises(UserError, match=r"kernel must be <= 4 for an input of \(2,\) with padding 1, got 5"):
        LocallyConnected(Independent, 1, 1, (2,), kernel=5, padding=1)


@pytest.mark.parametrize("size", [(9,), (5, 4), (3, 4, 3)])
def test_filters_applied_to_windows_are_the_layer(size):
    layer = LocallyConnected(Independent, 2, 3, size, kernel=3, stride=2, padding=1).double()
    x = torch.randn(4, 2, *size, dtype=torch.float64)
    positions = layer.site.copies
    windows = layer.windows(x).unflatten(0, (4, positions))
    by_hand = torch.einsum("pon,bpn->bop", layer.filters(), windows) + layer.bias().T
    torch.testing.assert_close(by_hand.unflatten(2, layer.output_size), layer(x))


def test_its_site_is_the_grid_of_its_output():
    layer = LocallyConnected(Independent, 1, 2, (8, 5), kernel=3, stride=2, depth=1)
    assert (layer.site.name, layer.site.grid, layer.site.depth) == ("positions", (3, 2), 1)
    assert layer.site.ordered
    assert layer.output_size == (3, 2)
