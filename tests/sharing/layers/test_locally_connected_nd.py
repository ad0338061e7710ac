"""The layers against PyTorch's convolutions, in float64."""

import copy
import warnings

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import (
    Hard,
    LocallyConnected1d,
    LocallyConnected2d,
    LocallyConnected3d,
    SoftPenalty,
    locally_connected,
)

# PyTorch's own even kernels may copy their input.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

LAYERS = {1: LocallyConnected1d, 2: LocallyConnected2d, 3: LocallyConnected3d}
SIZES = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
SETTINGS = [
    {"kernel": 3},
    {"kernel": 3, "stride": 2, "padding": 1},
    {"kernel": 2, "dilation": 3},
    {"kernel": 3, "padding": 4, "dilation": 2, "stride": 3},
    {"kernel": 4, "padding": "same"},
    {"kernel": 2, "padding": "same", "dilation": 3},
    {"kernel": 3, "padding": "valid", "groups": 2},
    {"kernel": 2, "stride": 2, "padding": 1, "groups": 4},
]
PER_DIMENSION = {
    "kernel": (3, 1, 2),
    "stride": (1, 2, 3),
    "padding": (2, 0, 1),
    "dilation": (2, 1, 3),
}


def settings(dims):
    """Those that are equal in every dimension, and each option with one number per dimension."""
    yield from SETTINGS
    for option, numbers in PER_DIMENSION.items():
        yield {"kernel": 2} | {option: numbers[:dims]}
    yield {option: numbers[:dims] for option, numbers in PER_DIMENSION.items()}


CASES = [(dims, options) for dims in LAYERS for options in settings(dims)]


def convolution(dims, options, bias):
    options = dict(options)
    return getattr(nn, f"Conv{dims}d")(4, 8, options.pop("kernel"), **options, bias=bias).double()


@pytest.mark.parametrize("bias", [True, "shared", False])
@pytest.mark.parametrize(("dims", "options"), CASES)
def test_equal_copies_are_the_convolution(dims, options, bias):
    plain = convolution(dims, options, bias is not False)
    layer = LAYERS[dims](4, 8, SIZES[dims], **options, bias=bias).double()
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            getattr(layer, name).value.copy_(parameter)
    x = torch.randn(3, 4, *SIZES[dims], dtype=torch.double)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    outputs = [module(x) for module, x in zip((plain, layer), inputs, strict=True)]
    assert layer.output_size == outputs[0].shape[2:]
    close = {"rtol": 0, "atol": 1e-11}
    torch.testing.assert_close(outputs[1], outputs[0], **close)
    pull = torch.randn_like(outputs[0])
    for output in outputs:
        (output * pull).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad, **close)
    # What one filter receives is what its copies receive together.
    torch.testing.assert_close(layer.weight.value.grad.sum(0), plain.weight.grad, **close)
    if bias is True:
        torch.testing.assert_close(layer.bias.value.grad.sum(0), plain.bias.grad, **close)
    if bias == "shared":
        torch.testing.assert_close(layer.bias.value.grad, plain.bias.grad, **close)
    # The function takes the same options, in PyTorch's order.
    kernel_free = {name: value for name, value in options.items() if name != "kernel"}
    by_function = locally_connected(x, layer.weight(), layer.bias() if bias else None, **kernel_free)
    assert torch.equal(by_function, outputs[1])


@pytest.mark.parametrize(("dims", "options"), CASES)
def test_hard_sharing_is_the_convolution(dims, options):
    plain = convolution(dims, options, bias=False)
    layer = LAYERS[dims](4, 8, SIZES[dims], **options, bias=False, sharing=Hard).double()
    with torch.no_grad():
        layer.weight.value.copy_(plain.weight)
    x = torch.randn(3, 4, *SIZES[dims], dtype=torch.double)
    torch.testing.assert_close(layer(x), plain(x), rtol=0, atol=1e-11)
    assert unique_parameters(layer) == plain.weight.numel()


@pytest.mark.parametrize("groups", [1, 2])
def test_each_position_has_its_own_filter(groups):
    layer = LocallyConnected2d(2, 4, (5, 4), (2, 3), stride=(2, 1), padding=(0, 1), groups=groups).double()
    x = torch.randn(3, 2, 5, 4, dtype=torch.double)
    outputs, weight, bias = layer(x), layer.weight(), layer.bias()
    assert outputs.shape == (3, 4, 2, 4)
    for position in range(8):
        row, column = divmod(position, 4)
        options = {"stride": (2, 1), "padding": (0, 1), "groups": groups}
        plain = nn.functional.conv2d(x, weight[position], bias[position], **options)
        torch.testing.assert_close(outputs[..., row, column], plain[..., row, column])


@pytest.mark.parametrize(("bias", "per_position"), [(True, 1), ("shared", 0), (False, 0)])
def test_has_the_documented_number_of_parameters(bias, per_position):
    layer = LocallyConnected1d(4, 6, 9, 3, groups=2, bias=bias)
    biases = per_position * 7 * 6 + (6 if bias == "shared" else 0)
    assert unique_parameters(layer) == 7 * 6 * 2 * 3 + biases


@pytest.mark.parametrize("sharing", [SoftPenalty, Hard])
@pytest.mark.parametrize("dims", LAYERS)
def test_takes_what_a_convolution_takes(dims, sharing):
    layer = LAYERS[dims](2, 4, SIZES[dims], 2, sharing=sharing)
    x = torch.randn(3, 2, *SIZES[dims])
    torch.testing.assert_close(layer(x[0]), layer(x)[0])
    other = copy.deepcopy(layer)
    other.load_state_dict(layer.state_dict())
    half = copy.deepcopy(layer).bfloat16()
    torch.testing.assert_close(half(x.bfloat16()).float(), other(x), rtol=0.1, atol=0.1)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(layer(x).float(), other(x).float(), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("sharing", [SoftPenalty, Hard])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_forward_mode_and_curvature(sharing, groups):
    layer = LocallyConnected2d(2, 2, 3, 2, padding=1, groups=groups, sharing=sharing).double()
    x = torch.randn(1, 2, 3, 3, dtype=torch.double)
    torch.testing.assert_close(torch.func.jvp(layer, (x,), (x,))[1], layer(x) - layer(0 * x))
    parameters = dict(layer.named_parameters())

    def loss(parameters, x):
        return torch.func.functional_call(layer, parameters, x).tanh().square().sum()

    torch.testing.assert_close(
        torch.func.jacfwd(loss, argnums=(0, 1))(parameters, x), torch.func.jacrev(loss, argnums=(0, 1))(parameters, x)
    )
    curvature = torch.func.hessian(loss, argnums=1)(parameters, x)
    by_backward = torch.func.jacrev(torch.func.jacrev(loss, argnums=1), argnums=1)(parameters, x)
    torch.testing.assert_close(curvature, by_backward)


@pytest.mark.parametrize("sharing", [SoftPenalty, Hard])
@pytest.mark.parametrize("dims", LAYERS)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_is_traced(dims, sharing):
    layer, x = LAYERS[dims](2, 4, SIZES[dims], 2, padding="same", sharing=sharing), torch.randn(3, 2, *SIZES[dims])
    with warnings.catch_warnings():
        warnings.simplefilter("error", torch.jit.TracerWarning)
        traced = torch.jit.trace(layer, x)
    torch.testing.assert_close(traced(x), layer(x))
    torch.testing.assert_close(traced(x[:1]), layer(x[:1]))


REFUSED = {
    "size": ({"size": (9, 8)}, r"size must be an integer >= 1, got \(9, 8\)"),
    "no size": ({"size": "9"}, "size must be an integer >= 1, got '9'"),
    "kernel": ({"kernel": 0}, "kernel must be an integer >= 1, got 0"),
    "large kernel": ({"kernel": 4, "dilation": 3}, r"kernel must be <= 3 for an input of \(9,\) with padding 0, got 4"),
    "stride": ({"stride": 1.5}, "stride must be an integer >= 1, got 1.5"),
    "padding": ({"padding": -1}, "padding must be an integer >= 0, got -1"),
    "padding by name": ({"padding": "full"}, "padding must be an integer >= 0, got 'full'"),
    "same with stride": ({"padding": "same", "stride": 2}, 'stride must be 1 for padding "same", got 2'),
    "groups": ({"groups": 3}, "groups must be >= 1 and divide the channels, 4 and 6, got 3"),
    "bias": ({"bias": "own"}, "bias must be True, False or 'shared', got 'own'"),
}


@pytest.mark.parametrize(("options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_refuses(options, sentence):
    with pytest.raises(UserError, match=f"^{sentence}"):
        LocallyConnected1d(**{"in_channels": 4, "out_channels": 6, "size": 9, "kernel": 3} | options)


@pytest.mark.parametrize("shape", [(2, 3, 8, 12), (2, 3, 12, 9), (2, 4, 12, 8), (2, 12, 8), (3, 96)])
def test_refuses_inputs_of_another_size(shape):
    layer = LocallyConnected2d(3, 2, (12, 8), 3)
    with pytest.raises(UserError, match=r"^inputs must be \(batch, 3, 12, 8\), .* the layer is made for, got"):
        layer(torch.ones(shape))
