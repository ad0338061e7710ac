import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from sharegap.sharing import Hard, Independent, SharedLinear, Site, Templates
from sharegap.sharing.layers.linear import copied_linear


def random(*shape):
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_is_a_linear_layer_for_each_copy(copies_of_x):
    layers = [nn.Linear(4, 2).double() for _ in range(3)]
    x = random(5, copies_of_x, 4)
    weight, bias = (torch.stack([getattr(layer, name) for layer in layers]) for name in ("weight", "bias"))
    inputs = x.expand(-1, 3, -1).unbind(1)
    expected = torch.stack([layer(own) for layer, own in zip(layers, inputs, strict=True)], 1)
    torch.testing.assert_close(copied_linear(x, weight, bias), expected)


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_gradients_agree_with_finite_differences(copies_of_x):
    assert gradcheck(copied_linear, (random(5, copies_of_x, 4), random(3, 2, 4), random(3, 2)))


@pytest.mark.parametrize("copies_of_x", [1, 3])
def test_hard_is_one_linear_layer_in_values_and_gradients(copies_of_x):
    site, plain = Site("inputs", (3,)), nn.Linear(4, 2).double()
    hard, free = (SharedLinear(sharing, site, 4, 2).double() for sharing in (Hard, Independent))
    with torch.no_grad():
        for name in ("weight", "bias"):
            getattr(hard, name).value.copy_(getattr(plain, name))
            getattr(free, name).value.copy_(getattr(hard, name)())
    x = random(5, copies_of_x, 4).detach()
    inputs = [x.clone().requires_grad_() for _ in range(3)]
    # The same inputs for all copies are computed once.
    outputs = [layer(own) for layer, own in zip((plain, hard, free), inputs, strict=True)]
    assert hard(x).shape == (5, copies_of_x, 2)
    assert free(x).shape == (5, 3, 2)
    pull = torch.randn(5, 3, 2, dtype=torch.float64)
    for output, own in zip(outputs, inputs, strict=True):
        torch.testing.assert_close(output.expand(-1, 3, -1), outputs[0].expand(-1, 3, -1))
        (output * pull).sum().backward()
        torch.testing.assert_close(own.grad, inputs[0].grad)
    for name in ("weight", "bias"):
        of_plain = getattr(plain, name).grad
        torch.testing.assert_close(getattr(hard, name).value.grad, of_plain)
        torch.testing.assert_close(getattr(free, name).value.grad.sum(0), of_plain)


def test_copies_that_are_not_shared_keep_to_their_own_inputs():
    layer = SharedLinear(Independent, Site("inputs", (3,)), 4, 2)
    x = torch.randn(5, 3, 4, requires_grad=True)
    layer(x)[:, 1].sum().backward()
    assert x.grad.ne(0).any(2).any(0).tolist() == [False, True, False]


def test_starts_as_torch_linear_does():
    layer = SharedLinear(Independent, Site("inputs", (3,)), 64, 100)
    for value in (layer.weight(), layer.bias()):
        assert value.abs().max() <= 1 / 8
        assert value.abs().max() > 0.97 / 8


def test_serves_any_strategy():
    layer = SharedLinear(lambda *args: Templates(*args, templates=2), Site("tasks", (3,)), 4, 2)
    x = torch.randn(5, 1, 4)
    torch.testing.assert_close(layer(x), copied_linear(x, layer.weight(), layer.bias()))
