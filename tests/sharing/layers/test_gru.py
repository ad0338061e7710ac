"""The recurrent layer against PyTorch's GRU, and its hand-written gradient, in float64."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.func import functional_call, vmap

from sharegap.sharing import Hard, Independent, SharedGRU, Templates
from sharegap.sharing.layers.gru import _Scan, gru_cell
from sharegap.training.stacking import stack, vmap_runs

NAMES = {"weight_input": "weight_ih_l0", "weight_state": "weight_hh_l0"}
NAMES |= {"bias_input": "bias_ih_l0", "bias_state": "bias_hh_l0"}
BATCH, STEPS, FEATURES, UNITS = 3, 5, 2, 4


def layer(sharing, steps=STEPS, units=UNITS):
    return SharedGRU(sharing, FEATURES, units, steps).double()


def random(*shape):
    return torch.randn(shape, dtype=torch.float64)


@pytest.fixture
def pair():
    """A layer with hard sharing and PyTorch's, with equal weights."""
    ours, theirs = layer(Hard), nn.GRU(FEATURES, UNITS, bidirectional=True, batch_first=True).double()
    with torch.no_grad():
        for mine, other in NAMES.items():
            for direction, suffix in enumerate(("", "_reverse")):
                getattr(ours, mine).value[direction].copy_(getattr(theirs, other + suffix))
    return ours, theirs


def test_hard_is_the_gru_of_torch(pair):
    ours, theirs = pair
    inputs = [random(BATCH, STEPS, FEATURES)]
    inputs = [inputs[0].clone().requires_grad_() for _ in pair]
    outputs = ours(inputs[0]), theirs(inputs[1])[0]
    torch.testing.assert_close(*outputs)
    pull = random(BATCH, STEPS, 2 * UNITS)
    for output in outputs:
        (output * pull).sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    for mine, other in NAMES.items():
        both = torch.stack([getattr(theirs, other + suffix).grad for suffix in ("", "_reverse")])
        torch.testing.assert_close(getattr(ours, mine).value.grad, both)


def test_equal_copies_are_the_gru(pair):
    hard, free = pair[0], layer(Independent)
    with torch.no_grad():
        for name in NAMES:
            getattr(free, name).value.copy_(getattr(hard, name)())
    x, pull = random(BATCH, STEPS, FEATURES), random(BATCH, STEPS, 2 * UNITS)
    for gru in (hard, free):
        (gru(x) * pull).sum().backward()
    torch.testing.assert_close(free(x), hard(x))
    for name in NAMES:
        gradient = getattr(free, name).value.grad
        assert len(gradient) == STEPS
        torch.testing.assert_close(gradient.sum(0), getattr(hard, name).value.grad)


def test_each_step_uses_its_copy():
    """The backward direction counts steps from the end."""
    free, x = layer(Independent), random(BATCH, STEPS, FEATURES)
    weights = [getattr(free, name)() for name in NAMES]
    expected = torch.empty(BATCH, STEPS, 2 * UNITS, dtype=torch.float64)
    for direction, order in enumerate((range(STEPS), reversed(range(STEPS)))):
        cell, state = nn.GRUCell(FEATURES, UNITS).double(), random(BATCH, UNITS) * 0
        for copy, time in enumerate(order):
            for parameter, weight in zip(cell.parameters(), weights, strict=True):
                parameter.data.copy_(weight[copy, direction])
            state = cell(x[:, time], state)
            expected[:, time, direction * UNITS : (direction + 1) * UNITS] = state
    torch.testing.assert_close(free(x), expected)


def test_gradients_agree_with_finite_differences():
    free, x = layer(Independent, steps=3, units=2), random(2, 3, FEATURES).requires_grad_()
    names, parameters = zip(*free.named_parameters(), strict=True)

    def outputs(x, *parameters):
        return functional_call(free, dict(zip(names, parameters, strict=True)), x)

    assert gradcheck(outputs, (x, *parameters))


def test_the_scan_has_the_gradient_of_its_steps():
    shapes = (STEPS, 2, 3 * UNITS, BATCH), (STEPS, 2, 3 * UNITS, UNITS), (STEPS, 2, 3 * UNITS)
    tensors = [random(*shape).requires_grad_() for shape in shapes]
    states = [torch.zeros(2, UNITS, BATCH, dtype=torch.float64)]
    for inputs, weight, bias in zip(*tensors, strict=True):
        states.append(gru_cell(inputs, weight, bias, states[-1]))
    scanned, stepped = _Scan.apply(*tensors)[0], torch.stack(states)
    torch.testing.assert_close(scanned, stepped)
    pull = random(*stepped.shape)
    got, expected = (torch.autograd.grad((states * pull).sum(), tensors) for states in (scanned, stepped))
    for mine, other in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, other)


def test_a_step_agrees_with_finite_differences():
    shapes = (2, 6, 3), (2, 6, 2), (2, 6), (2, 2, 3)
    assert gradcheck(gru_cell, tuple(random(*shape).requires_grad_() for shape in shapes))


@pytest.mark.parametrize("sharing", [Hard, Independent, lambda *args: Templates(*args, templates=2)])
@pytest.mark.parametrize("runs", [1, 3])
def test_vmap_is_a_loop_over_runs(sharing, runs):
    layers, x = [layer(sharing) for _ in range(runs)], random(runs, BATCH, STEPS, FEATURES)
    stacked, pull = stack(layers), random(runs, BATCH, STEPS, 2 * UNITS)
    batched, looped = vmap_runs(stacked, x), torch.stack([gru(run_x) for gru, run_x in zip(layers, x, strict=True)])
    torch.testing.assert_close(batched, looped)
    for outputs in (batched, looped):
        (outputs * pull).sum().backward()
    for name, parameter in stacked.named_parameters():
        expected = torch.stack([gru.get_parameter(name).grad for gru in layers])
        torch.testing.assert_close(parameter.grad, expected)


@pytest.mark.parametrize("in_dims", [(0, None, None), (None, 0, 0), (3, 1, 2)])
def test_the_scan_maps_over_any_axis(in_dims):
    runs = 2
    shapes = (STEPS, 2, 3 * UNITS, BATCH), (STEPS, 2, 3 * UNITS, UNITS), (STEPS, 2, 3 * UNITS)
    tensors = []
    for shape, dim in zip(shapes, in_dims, strict=True):
        tensors.append(random(*shape[:dim], runs, *shape[dim:]) if dim is not None else random(*shape))
        tensors[-1].requires_grad_()

    def states(*tensors):
        return _Scan.apply(*tensors)[0]

    def tensors_of(run):
        return [t if dim is None else t.select(dim, run) for t, dim in zip(tensors, in_dims, strict=True)]

    batched = vmap(states, in_dims)(*tensors)
    looped = torch.stack([states(*tensors_of(run)) for run in range(runs)])
    torch.testing.assert_close(batched, looped)
    pull = random(*looped.shape)
    got, expected = (torch.autograd.grad((states * pull).sum(), tensors) for states in (batched, looped))
    for mine, other in zip(got, expected, strict=True):
        torch.testing.assert_close(mine, other)


def test_input_weights_are_the_first_layer():
    sites = []

    def recorded(site, shape, init):
        sites.append(site)
        return Hard(site, shape, init)

    SharedGRU(recorded, 2, 4, 5)
    assert sorted(site.depth for site in sites) == [0, 0, 1, 1]
    assert {(site.name, site.grid, site.ordered) for site in sites} == {("time", (5,), True)}


def test_has_the_initial_range_of_torch():
    for weight in SharedGRU(Independent, 3, 16, 10).parameters():
        assert weight.abs().max() <= 1 / 4
        assert weight.abs().max() > 0.97 / 4
