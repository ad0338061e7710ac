"""Any batch, output and loader, in modules and trainers of both packages: references are computed by hand."""

import math
from collections import namedtuple
from functools import partial

import lightning.pytorch as lightning
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.utilities import CombinedLoader
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, get_worker_info
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score
from torchmetrics.functional.classification import multiclass_accuracy

from sharegap import GapMonitor
from tests.callbacks.user_training import FORKS, TRAIN, VALIDATION, accuracy, fit, loader, small

X, Y = TRAIN.tensors
Pair = namedtuple("Pair", ["image", "label"])


def batches(make, data=TRAIN, size=8):
    """A loader of batches of any layout."""
    return [make(*data[start : start + size]) for start in range(0, len(data), size)]


def nats(module, data=TRAIN):
    with torch.no_grad():
        return F.cross_entropy(module.net(data.tensors[0]), data.tensors[1]).item()


@pytest.mark.parametrize("package", [pl, lightning], ids=["pytorch_lightning", "lightning"])
def test_both_packages(tmp_path, package):
    module = small(package)
    stop = package.callbacks.EarlyStopping("val_nats")
    trainer = fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}), stop, package=package, max_epochs=2)
    assert trainer.callback_metrics["train_nats"].item() == pytest.approx(nats(module))
    assert trainer.callback_metrics["val_nats"].item() == pytest.approx(nats(module, VALIDATION))


def same_step(self, batch, batch_idx):
    return self.net.weight.sum()


LAYOUTS = {
    "dict": (lambda x, y: {"image": x, "label": y}, "image", "label"),
    "named": (Pair, 0, 1),
    "three": (lambda x, y: [torch.arange(len(x)), x, y], 1, 2),
    "target in dict": (lambda x, y: (x, {"label": y}), 0, None),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    make, inputs, targets = LAYOUTS[name]
    parts = {"inputs": lambda batch: batch[inputs]}
    parts["targets"] = lambda batch: batch[1]["label"] if targets is None else batch[targets]
    module = small(training_step=same_step)
    options = {"train": batches(make), "val": batches(make, VALIDATION), "max_epochs": 1}
    options["train"] = DataLoader(options["train"], batch_size=None)
    options["val"] = DataLoader(options["val"], batch_size=None)
    logged = fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}, **parts), **options).callback_metrics
    assert logged["gap_nats"].item() == pytest.approx(nats(module, VALIDATION) - nats(module), abs=1e-6)


@pytest.mark.parametrize("data", [X, TensorDataset(X)], ids=["tensor", "list of one"])
def test_autoencoder_compares_with_its_input(tmp_path, data):
    module = small(net=nn.Linear(6, 6), training_step=same_step)
    source = DataLoader(data, 8)
    logged = fit(tmp_path, module, GapMonitor({"mse": F.mse_loss}), train=source, val=source, max_epochs=1)
    assert logged.callback_metrics["val_mse"].item() == pytest.approx(F.mse_loss(module.net(X), X).item())


def test_several_inputs_and_heads(tmp_path):
    """A module of two inputs returns a dict; the last batch is smaller and its loss a mean."""

    def forward(self, left, right):
        return {"sum": self.net(left + right), "left": self.net(left)}

    def loss(outputs, targets):
        return F.cross_entropy(outputs["sum"], targets["a"]) + F.cross_entropy(outputs["left"], targets["b"])

    module = small(forward=forward, training_step=same_step)
    make = DataLoader(batches(lambda x, y: (x, 2 * x, {"a": y, "b": y}), size=16), batch_size=None)
    monitor = GapMonitor(
        {"nats": loss}, inputs=lambda batch: tuple(batch[:2]), targets=lambda batch: batch[2], higher_is_better=False
    )
    logged = fit(tmp_path, module, monitor, train=make, val=make, max_epochs=1).callback_metrics
    with torch.no_grad():
        expected = loss(module(X, 2 * X), {"a": Y, "b": Y}).item()
    assert logged["train_nats"].item() == pytest.approx(expected)


def test_weights_of_the_batch(tmp_path):
    module, weights = small(training_step=same_step), torch.arange(50.0)
    each = partial(F.cross_entropy, reduction="none")
    data = DataLoader(TensorDataset(X, Y, weights), 8)
    monitor = GapMonitor({"nats": each}, weight=lambda batch: batch[2])
    logged = fit(tmp_path, module, monitor, train=data, val=data, max_epochs=1).callback_metrics
    expected = (weights * each(module.net(X), Y)).sum() / weights.sum()
    assert logged["train_nats"].item() == pytest.approx(expected.item())


def test_functions_and_collections(tmp_path):
    metrics = {
        "accuracy": partial(multiclass_accuracy, num_classes=3, average="micro"),
        "macro": MetricCollection({"f1": MulticlassF1Score(3), "accuracy": MulticlassAccuracy(3)}),
    }
    module = small()
    logged = fit(tmp_path, module, GapMonitor(metrics, higher_is_better={"accuracy": True}), max_epochs=1)
    logged = logged.callback_metrics
    assert logged["gap_accuracy"] == logged["train_accuracy"] - logged["val_accuracy"]
    assert logged["train_accuracy"] == (module.net(X).argmax(1) == Y).float().mean()
    assert {"gap_macro_f1", "gap_macro_accuracy"} <= set(logged)


def test_criterion_is_the_trained_one(tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, outputs, targets):
            scale = self.scale * (10 if self.training else 1)
            return F.cross_entropy(outputs * scale, targets, reduction="none")

    module = small(training_step=lambda self, batch, i: self.criterion(self(batch[0]), batch[1]).mean())
    module.criterion = Scaled()
    monitor = GapMonitor({"nats": module.criterion}, higher_is_better=False)
    logged = fit(tmp_path, module, monitor, max_epochs=1).callback_metrics
    assert module.criterion.scale != 1
    assert logged["train_nats"].item() == pytest.approx(module.criterion.eval()(module.net(X), Y).mean().item())


class Halved(DataLoader):
    def __iter__(self):
        for x, y in super().__iter__():
            yield x / 2, y


def test_loader_subclass_is_read_as_it_yields(tmp_path):
    module, train = small(), Halved(TRAIN, batch_size=8)
    for given in ({}, {"train_dataloader": train}):
        logged = fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}, **given), train=train, max_epochs=1)
        expected = nats(module, TensorDataset(X / 2, Y))
        assert logged.callback_metrics["train_nats"].item() == pytest.approx(expected)


def test_several_loaders_have_a_gap_each(tmp_path):
    halves = {name: DataLoader(TensorDataset(X[part], Y[part]), 8) for name, part in PARTS.items()}
    module = small(validation_step=lambda self, batch, i, dataloader_idx=0: None, training_step=same_step)
    monitor = GapMonitor({"nats": F.cross_entropy})
    logged = fit(tmp_path, module, monitor, train=halves, val=halves, max_epochs=1).callback_metrics
    assert set(logged) == {f"{figure}_nats_{name}" for figure in ("train", "val", "gap") for name in PARTS}
    logged = fit(tmp_path, module, monitor, val=list(halves.values()), max_epochs=1).callback_metrics
    for number, part in enumerate(PARTS.values()):
        expected = nats(module, TensorDataset(X[part], Y[part]))
        assert logged[f"val_nats_{number}"].item() == pytest.approx(expected)
        assert logged[f"gap_nats_{number}"].item() == pytest.approx(expected - nats(module), abs=1e-6)


PARTS = {"a": slice(20), "b": slice(20, 50)}


def test_given_loaders(tmp_path):
    """A CombinedLoader yields batches with numbers; a method of a data module is called."""
    module, wanted = small(), loader(batch_size=16)
    for given in (CombinedLoader([wanted], "sequential"), lambda: wanted, batches(lambda *pair: pair)):
        logged = fit(tmp_path, module, GapMonitor({"a": accuracy()}, train_dataloader=given), max_epochs=1)
        assert logged.callback_metrics["train_a"] == (module.net(X).argmax(1) == Y).float().mean()


def test_generator_is_read_once_and_kept(tmp_path):
    module = small()
    monitor = GapMonitor({"nats": F.cross_entropy}, train_dataloader=(batch for batch in loader()))
    with pytest.warns(UserWarning, match="train_dataloader can be read once only: its first 7 batches are kept"):
        fit(tmp_path, module, monitor, max_epochs=2)
    logged = fit(tmp_path, module, monitor, max_epochs=1).callback_metrics
    assert logged["train_nats"].item() == pytest.approx(nats(module))


class Endless(IterableDataset):
    def __init__(self):
        self.position = 0

    def __iter__(self):
        while True:
            self.position += 1
            yield TRAIN[self.position % 50]


def test_endless_stream_goes_on_where_it_was(tmp_path):
    """The stream's own position is not the measurement's; the figures are of the last weights."""
    positions = []
    for monitors in ([], [GapMonitor({"nats": F.cross_entropy}, max_batches=3, every_n_steps=4)]):
        module, stream = small(), Endless()
        trainer = fit(tmp_path, module, *monitors, train=DataLoader(stream, 4), max_steps=6, max_epochs=-1)
        positions.append(stream.position)
    assert positions[0] == positions[1]
    seen = [(start + 1 + place) % 50 for start in [positions[0]] for place in range(12)]
    assert math.isfinite(trainer.callback_metrics["train_nats"])
    expected = F.cross_entropy(module.net(X[seen]), Y[seen]).item()
    assert trainer.callback_metrics["train_nats"].item() == pytest.approx(expected)


class Shared(IterableDataset):
    """Each worker yields its share."""

    def __iter__(self):
        worker = get_worker_info()
        return iter(TRAIN[i] for i in range(worker.id, 50, worker.num_workers))


@FORKS
def test_stream_with_workers(tmp_path):
    module, train = small(), DataLoader(Shared(), 8, num_workers=2)
    logged = fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}), train=train, max_epochs=1)
    assert logged.callback_metrics["train_nats"].item() == pytest.approx(nats(module))


def test_stream_without_an_end_is_cut_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr("sharegap.callbacks.loaders.ENDLESS", 2)
    monitor = GapMonitor({"nats": F.cross_entropy})
    with pytest.warns(UserWarning, match="the train loader has no length: its first 2 batches are measured"):
        fit(tmp_path, small(), monitor, train=DataLoader(Endless(), 4), max_steps=2, max_epochs=-1)


def test_buckets_of_lengths_are_weighted_by_tokens(tmp_path):
    lengths = [3, 3, 5, 5, 2]
    tokens = [(torch.randint(4, (length,)), torch.randint(4, (length,))) for length in lengths]
    module = small(net=nn.Embedding(4, 4), training_step=lambda self, batch, i: self(batch[0]).sum())
    train = DataLoader(tokens, batch_sampler=[[0, 1], [4], [2, 3]])
    monitor = GapMonitor({"nats": lambda x, y: F.cross_entropy(x.mT, y)}, higher_is_better=False)
    logged = fit(tmp_path, module, monitor, train=train, val=train, max_epochs=1).callback_metrics
    x, y = (torch.cat(parts) for parts in zip(*tokens, strict=True))
    assert logged["train_nats"].item() == pytest.approx(F.cross_entropy(module.net(x), y).item())
