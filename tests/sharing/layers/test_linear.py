import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from sharegap.sharing import Hard, Independent, SharedLinear, Site, Templates
from sharegap.sharing.layers.linear import linear_per_copy


def random(*shape):
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_is_a_linear_layer_for_each_copy(copies_of_x):
    layers = [nn.Linear(4, 2).double() for _ in range(3)]
    x = random(5, copies_of_x, 4)
    weight, bias = (torch.stack([getattr(layer, name) for layer in layers]) for name in ("weight", "bias"))
    inputs = x.expand(-1, 3, -1).unbind(1)
    expected = torch.stack([layer(per_copy) for layer, per_copy in zip(layers, inputs, strict=True)], 1)
    torch.testing.assert_close(linear_per_copy(x, weight, bias), expected)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_gradients_agree_with_finite_differences(copies_of_x):
    assert gradcheck(linear_per_copy, (random(5, copies_of_x, 4), random(3, 2, 4), random(3, 2)))


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_hard_is_one_linear_layer(copies_of_x):
    site, plain = Site("inputs", (3,)), nn.Linear(4, 2).double()
    hard, free = (SharedLinear(sharing, site, 4, 2).double() for sharing in (Hard, Independent))
    with torch.no_grad():
        for name in ("weight", "bias"):
            getattr(hard, name).value.copy_(getattr(plain, name))
            getattr(free, name).value.copy_(getattr(hard, name)())
    x = random(5, copies_of_x, 4).detach()
    inputs = [x.clone().requires_grad_() for _ in range(3)]
    # The same inputs for all copies are computed once.
    outputs = [layer(inp) for layer, inp in zip((plain, hard, free), inputs, strict=True)]
    assert hard(x).shape == (5, copies_of_x, 2)
    assert free(x).shape == (5, 3, 2)
    pull = torch.randn(5, 3, 2, dtype=torch.float64)
    for output, inp in zip(outputs, inputs, strict=True):
        torch.testing.assert_close(output.expand(-1, 3, -1), outputs[0].expand(-1, 3, -1))
        (output * pull).sum().backward()
        torch.testing.assert_close(inp.grad, inputs[0].grad)
    for name in ("weight", "bias"):
        expected = getattr(plain, name).grad
        torch.testing.assert_close(getattr(hard, name).value.grad, expected)
        torch.testing.assert_close(getattr(free, name).value.grad.sum(0), expected)


def test_unshared_copies_use_their_own_inputs():
    layer = SharedLinear(Independent, Site("inputs", (3,)), 4, 2)
    x = torch.randn(5, 3, 4, requires_grad=True)
    layer(x)[:, 1].sum().backward()
    assert x.grad.ne(0).any(2).any(0).tolist() == [False, True, False]


def test_has_the_initial_range_of_torch():
    layer = SharedLinear(Independent, Site("inputs", (3,)), 64, 100)
    for value in (layer.weight(), layer.bias()):
        assert value.abs().max() <= 1 / 8
        assert value.abs().max() > 0.97 / 8


def test_serves_any_strategy():
    layer = SharedLinear(lambda *args: Templates(*args, templates=2), Site("tasks", (3,)), 4, 2)
    x = torch.randn(5, 1, 4)
    torch.testing.assert_close(layer(x), linear_per_copy(x, layer.weight(), layer.bias()))


@pytest.mark.parametrize("sharing", [Hard, Independent])
def test_forward_one_is_the_copy_with_that_index(sharing):
    layer, x, copy = SharedLinear(sharing, Site("tasks", (3,)), 4, 2), torch.randn(5, 4), torch.tensor([0, 2, 1, 2, 0])
    outputs = layer(x.unsqueeze(1)).expand(-1, 3, -1)
    torch.testing.assert_close(layer.forward_one(x, copy), outputs[torch.arange(5), copy])
