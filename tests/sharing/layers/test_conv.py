import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from sharegap.errors import UserError
from sharegap.sharing import Hard, Independent, SharedConv, Site
from sharegap.sharing.layers.conv import conv_per_copy

SITE = Site("branches", (3,))


def random(*shape):
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("copies_of_x", [1, 3])
@pytest.mark.parametrize("convolution", [nn.Conv1d, nn.Conv2d, nn.Conv3d])
def test_is_a_convolution_for_each_copy(convolution, copies_of_x):
    layers = [convolution(2, 4, 3, stride=2).double() for _ in range(3)]
    dims = layers[0].weight.dim() - 2
    x = random(5, copies_of_x, 2, *[6, 5, 4][:dims])
    weight, bias = (torch.stack([getattr(layer, name) for layer in layers]) for name in ("weight", "bias"))
    inputs = x.expand(-1, 3, *(-1,) * (dims + 1)).unbind(1)
    expected = torch.stack([layer(per_copy) for layer, per_copy in zip(layers, inputs, strict=True)], 1)
    torch.testing.assert_close(conv_per_copy(x, weight, bias, stride=2), expected)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_gradients_agree_with_finite_differences(copies_of_x):
    inputs = random(2, copies_of_x, 2, 4, 3), random(3, 2, 2, 2, 2), random(3, 2)
    assert gradcheck(lambda *tensors: conv_per_copy(*tensors, stride=2), inputs)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_hard_is_one_convolution(copies_of_x):
    hard, plain = SharedConv(Hard, SITE, 2, 4, (6, 5), 3), nn.Conv2d(2, 4, 3)
    with torch.no_grad():
        for name in ("weight", "bias"):
            getattr(hard, name).value.copy_(getattr(plain, name))
    x = torch.randn(5, copies_of_x, 2, 6, 5)
    torch.testing.assert_close(hard(x), torch.stack([plain(per_copy) for per_copy in x.unbind(1)], 1))
    assert hard(x).shape == (5, copies_of_x, *hard.output_shape)


def test_unshared_copies_use_their_own_inputs():
    layer, x = SharedConv(Independent, SITE, 2, 4, (6,), 3), torch.randn(5, 3, 2, 6, requires_grad=True)
    layer(x)[:, 1].sum().backward()
    assert x.grad.ne(0).any(3).any(2).any(0).tolist() == [False, True, False]


def test_has_the_initial_range_of_torch():
    layer = SharedConv(Independent, SITE, 16, 100, (8, 8), 2)
    for value in (layer.weight(), layer.bias()):
        assert value.abs().max() <= 1 / 8
        assert value.abs().max() > 0.97 / 8


def test_refuses_a_kernel_that_does_not_fit():
    with pytest.raises(UserError, match=r"kernel must be <= 4 for an input of \(4, 9\) with padding 0, got 5"):
        SharedConv(Hard, SITE, 1, 2, (4, 9), 5)
