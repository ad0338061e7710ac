"""Ties and penalties under torch.compile and torch.export: in one file, because loading these takes seconds."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from sharegap.sharing import TiedLinear, penalty_between, tie


def tied_linear():
    encoder = nn.Linear(6, 3)
    return nn.Sequential(encoder, nn.ReLU(), TiedLinear(encoder, transpose=True))


def tied_head():
    return tie(nn.Sequential(nn.Embedding(7, 4), nn.Tanh(), nn.Linear(4, 7, bias=False)), "2", "0")


def tied_convolutions():
    return tie(nn.Sequential(nn.Conv1d(2, 3, 2), nn.ReLU(), nn.ConvTranspose1d(3, 2, 2)), "2", "0")


def tied_norm():
    model = tied_convolutions()
    weight_norm(model[0])
    return model


MODELS = {
    tied_linear: torch.randn(5, 6),
    tied_head: torch.randint(7, (5, 2)),
    tied_convolutions: torch.randn(5, 2, 9),
    tied_norm: torch.randn(5, 2, 9),
}


@pytest.mark.parametrize("make", [tied_linear, tied_norm])
def test_models_are_compiled_without_a_break(make):
    model, x = make(), MODELS[make]
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), model(x))
    compiled(x).sum().backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    model(x).sum().backward()
    torch.testing.assert_close(gradients, [parameter.grad for parameter in model.parameters()])


@pytest.mark.parametrize("make", MODELS)
def test_models_are_exported(make):
    model, x = make(), MODELS[make]
    exported = torch.export.export(model, (x,))
    torch.testing.assert_close(exported.module()(x), model(x))
    assert exported.state_dict.keys() == model.state_dict().keys()


def test_penalty_is_compiled_without_a_break():
    modules = [spectral_norm(nn.Linear(3, 4)) for _ in range(2)]
    compiled = torch.compile(lambda: penalty_between(modules), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(), penalty_between(modules))


def test_compiled_modules_are_looked_through():
    one, two = nn.Sequential(nn.Linear(3, 4)), nn.Sequential(nn.Linear(3, 4))
    expected = penalty_between([one, two])
    assert penalty_between([one, torch.compile(two, backend="eager")]) == expected
    two[0] = torch.compile(nn.DataParallel(two[0]), backend="eager")
    assert penalty_between([one, two]) == expected


def test_tie_follows_a_compiled_source():
    model = tied_linear()
    weight = model[2].weight
    model[0] = torch.compile(model[0], backend="eager")
    assert torch.equal(model[2].weight, weight)
    trunk = nn.Sequential(nn.Linear(2, 3))
    parts = {"trunk": torch.compile(trunk, backend="eager"), "head": nn.Linear(3, 2)}
    model = tie(nn.ModuleDict(parts), "head", "trunk.0")
    assert torch.equal(model["head"].weight, trunk[0].weight.mT)
