"""What a fleet cannot honour is found before any training."""

from functools import partial

import pytest
import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.execute.build import build_objective, load_dataset
from sharegap.training.trial import try_network, try_optimizer
from tests.helpers import make_run

pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")
OUTPUTS = 10
SHAPES = [torch.Size([3, 4]), torch.Size([5])]


class Lstm(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.lstm = nn.LSTM(OUTPUTS, OUTPUTS, num_layers=2, dropout=dropout, batch_first=True)

    def forward(self, x):
        return self.lstm(x.unsqueeze(1))[0].squeeze(1)


class Instances(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.norm = nn.InstanceNorm1d(1, **options)

    def forward(self, x):
        return self.norm(x.unsqueeze(1)).squeeze(1)


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function, self.calls = function, 0

    def forward(self, x):
        self.calls += 1
        return self.function(x, self)


class Average(nn.Module):
    """Assigns its buffer anew, as some write running statistics."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, x):
        self.mean = 0.9 * self.mean + 0.1 * x.mean().detach()
        return x - self.mean


def attention(dropout):
    return nn.Sequential(nn.TransformerEncoderLayer(OUTPUTS, 2, 16, dropout=dropout, batch_first=True))


def spectral():
    return nn.utils.parametrizations.spectral_norm(nn.Linear(OUTPUTS, OUTPUTS))


def attempt(layer):
    """Try a network of the suite that ends in `layer`."""
    run = make_run()
    objective, dataset = build_objective(run), load_dataset(run)
    network = objective.network

    class Extended(type(network)):
        def outputs(self, x):
            return self.last(super().outputs(x))

    network.__class__ = Extended
    network.last = layer
    return try_network([objective], dataset.x, dataset.y)


SIDE_BY_SIDE = {
    "LayerNorm": nn.LayerNorm(OUTPUTS),
    "BatchNorm without statistics": nn.BatchNorm1d(OUTPUTS, track_running_stats=False),
    "BatchNorm": nn.BatchNorm1d(OUTPUTS),
    "InstanceNorm": Instances(track_running_stats=True),
    "InstanceNorm without statistics": Instances(),
    "attention": attention(0.0),
    "weight norm": nn.utils.parametrizations.weight_norm(nn.Linear(OUTPUTS, OUTPUTS)),
    "single precision": Lambda(lambda x, _: x * torch.ones(OUTPUTS, dtype=torch.float32)),
}
ONE_BY_ONE = {
    "LSTM": Lstm(0.0),
    "spectral norm": spectral(),
    "BatchNorm of all batches": nn.BatchNorm1d(OUTPUTS, momentum=None),
    "a number of a batch": Lambda(lambda x, _: x * (2 if x.mean().item() > 0 else 1)),
}
DRAWING = {
    "Dropout": nn.Dropout(0.01),
    "function dropout": Lambda(lambda x, layer: nn.functional.dropout(x, 0.5, layer.training)),
    "LSTM dropout": Lstm(0.5),
    "attention dropout": attention(0.1),
}
REFUSED = {
    "an average": (Average(), "last.mean changes in training, and must then be a persistent buffer"),
    "a counter": (Lambda(lambda x, layer: x / layer.calls), "must give the same loss"),
    "lazy": (nn.LazyLinear(OUTPUTS), "last.weight must have a size"),
}


@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_layers_side_by_side(name):
    assert attempt(SIDE_BY_SIDE[name]) is None


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_layers_one_by_one(name):
    assert "cannot be batched over runs" in attempt(ONE_BY_ONE[name])


@pytest.mark.parametrize("name", DRAWING)
def test_layers_that_draw_numbers(name):
    assert "draws random numbers itself" in attempt(DRAWING[name])


@pytest.mark.parametrize("name", REFUSED)
def test_refused_layers(name):
    layer, sentence = REFUSED[name]
    with pytest.raises(UserError, match=sentence):
        attempt(layer)


def test_representations_that_fail():
    """They are computed at the end of a training only."""
    run = make_run()
    objective, dataset = build_objective(run), load_dataset(run)

    class Failing(type(objective.network)):
        def representations(self, x):
            raise IndexError("mine")

    objective.network.__class__ = Failing
    with pytest.raises(IndexError, match="mine"):
        try_network([objective], dataset.x, dataset.y)
    assert try_network([objective], dataset.x, dataset.y, with_representations=False) is None


def test_numbers_that_a_fleet_would_not_see():
    one, other = build_objective(make_run()), build_objective(make_run())
    one.network.rate, other.network.rate = 0.1, 0.2
    dataset = load_dataset(make_run())
    assert "network.rate must be a buffer" in try_network([one, other], dataset.x, dataset.y)


OPTIMIZERS = {
    "SGD": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "Adam": partial(torch.optim.Adam, fused=True),
    "AdamW": partial(torch.optim.AdamW, weight_decay=0.1),
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_side_by_side(name):
    assert try_optimizer(OPTIMIZERS[name], SHAPES, 0.01) is None


@pytest.mark.parametrize("optimizer", [torch.optim.LBFGS, torch.optim.Adafactor])
def test_optimizers_one_by_one(optimizer):
    assert "does not act on each number by itself" in try_optimizer(optimizer, SHAPES, 0.01)


class ColumnNorm(torch.optim.SGD):
    """Divides a gradient by its norm along the first dimension, which is that of the runs in a fleet."""

    def step(self, closure):
        closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data -= group["lr"] * parameter.grad / parameter.grad.norm(dim=0)


def test_optimizer_of_whole_tensors():
    """A fleet of one is not right either."""
    with pytest.raises(UserError, match="must act on each number by itself, as SGD and Adam do, got ColumnNorm"):
        try_optimizer(ColumnNorm, SHAPES, 0.01)
