"""What a module holds and logs itself is the same with and without GapMonitor, and averaged weights are measured."""

import queue
import random
from collections import deque
from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import EMAWeightAveraging, StochasticWeightAveraging
from pytorch_lightning.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, Sampler
from torchmetrics import MetricCollection

from sharegap import GapMonitor
from sharegap.callbacks.clean_loader import copied_loader
from sharegap.callbacks.snapshot import undisturbed
from tests.callbacks.user_training import TRAIN, VALIDATION, accuracy, csv_rows, fit, loader, small

X, Y = TRAIN.tensors


class Stateful(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.zeros(2)
        self.history, self.table = [1, [2]], {"a": {3}}
        self.recent = deque([1], maxlen=3)
        self.array = np.zeros(2)
        self.generators = (random.Random(0), np.random.default_rng(0), np.random.RandomState(0))
        self.noise = torch.Generator().manual_seed(0)
        self.tracker = type("Tracker", (), {})()
        self.tracker.best = 0
        self.metric = accuracy()

    def forward(self, x):
        self.history.append(1)
        self.history[1].append(1)
        self.table["a"].add(4)
        self.table["b"] = 1
        self.recent.append(2)
        self.array += 1
        self.hidden = self.hidden + 1
        self.hidden.add_(1)
        self.tracker.best += 1
        self.metric.update(x, torch.zeros(len(x), dtype=torch.long))
        python, new, old = self.generators
        return python.random() + new.random() + old.rand() + torch.rand((), generator=self.noise)


def test_attributes_are_restored_in_place():
    module = Stateful()
    hidden, history = module.hidden, module.history
    with undisturbed([module]):
        drawn = module.eval()(torch.zeros(2, 3))
        module.new = 1
    assert module.hidden is hidden
    assert module.history is history
    assert (module.hidden.tolist(), module.history, module.table) == ([0, 0], [1, [2]], {"a": {3}})
    assert (list(module.recent), module.array.tolist(), module.tracker.best) == ([1], [0, 0], 0)
    assert module.training
    assert not hasattr(module, "new")
    assert not module.metric.update_called
    assert module(torch.zeros(2, 3)) == drawn


def test_what_threads_share_stays():
    """Put back, a job would be done twice; a thread that waits would never be woken."""
    module = nn.Identity()
    module.jobs = queue.Queue()
    module.jobs.put("a")
    with undisturbed([module]):
        module.jobs.get()
    assert module.jobs.qsize() == 0


def test_arrays_that_cannot_be_written_are_let_be():
    module = nn.Identity()
    module.grid = np.broadcast_to(np.zeros(1), (3,))
    with undisturbed([module]):
        pass
    assert module.grid.tolist() == [0, 0, 0]


def test_attributes_apart_stay():
    module, apart = nn.Identity(), type("Object", (), {})()
    module.apart = apart
    with undisturbed([module], apart=[apart]):
        apart.count = 1
    assert apart.count == 1


def shared_step(self, batch, batch_idx):
    outputs = self(batch[0])
    self.metrics.update(outputs, batch[1])
    self.log_dict(self.metrics, on_step=False, on_epoch=True)
    self.log("seen", float(batch_idx), on_step=True)
    return F.cross_entropy(outputs, batch[1])


@pytest.mark.parametrize("every", [{}, {"every_n_steps": 2}], ids=str)
def test_own_metrics_and_logs_are_unchanged(tmp_path, every):
    """Also where predict= updates the module's metrics, logs, and talks to the logger."""

    def predict(module, batch):
        module.log("seen", 99.0, on_step=True)
        module.logger.experiment.log_metrics({"seen": 99.0})
        shared_step(module, batch, 0)
        return module(batch[0]), batch[1]

    logged = []
    for monitors in ([], [GapMonitor({"nats": F.cross_entropy}, predict=predict, **every)]):
        module = small(training_step=shared_step)
        module.metrics = MetricCollection({"own": accuracy()})
        logger = CSVLogger(tmp_path)
        trainer = fit(tmp_path, module, *monitors, logger=logger, max_epochs=2, log_every_n_steps=1)
        own = {name: value.item() for name, value in trainer.callback_metrics.items() if "nats" not in name}
        logged.append((own, [row["seen"] for row in csv_rows(logger) if row["seen"]]))
    assert logged[0] == logged[1]


class OwnOrder(Sampler):
    """Draws from a generator of Python's own, and counts."""

    def __init__(self):
        self.random, self.epochs = random.Random(0), 0

    def __len__(self):
        return 50

    def __iter__(self):
        self.epochs += 1
        return iter(self.random.sample(range(50), 50))


def test_own_samplers_are_unchanged(tmp_path):
    ends = []
    for monitors in ([], [GapMonitor({"nats": F.cross_entropy})]):
        module, sampler = small(), OwnOrder()
        fit(tmp_path, module, *monitors, train=loader(sampler=sampler))
        ends.append((sampler.epochs, sampler.random.random(), module.net.weight.tolist()))
    assert ends[0] == ends[1]


def test_copied_loader_shares_its_data():
    original = DataLoader(TRAIN, sampler=OwnOrder())
    copy = copied_loader(original)
    assert copy.dataset is TRAIN
    assert copy.sampler is not original.sampler


class OwnAverage(pl.Callback):
    """Validates half of each weight, as an average of the user's own."""

    def on_validation_start(self, trainer, pl_module):
        pl_module.net.weight.data.mul_(0.5)

    def on_validation_end(self, trainer, pl_module):
        pl_module.net.weight.data.mul_(2)


def logging_validation(self, batch, batch_idx):
    self.log("own", F.cross_entropy(self(batch[0]), batch[1]), batch_size=len(batch[0]))


@pytest.mark.parametrize(
    ("averaging", "suffix"),
    [(partial(EMAWeightAveraging, decay=0.9), "_averaged"), (OwnAverage, "")],
    ids=["EMA", "own"],
)
@pytest.mark.parametrize("every", [{}, {"every_validation": True}], ids=str)
def test_weights_are_those_that_are_validated(tmp_path, averaging, suffix, every):
    ends = []
    for monitors in ([], [GapMonitor({"nats": F.cross_entropy}, **every)]):
        module, logger = small(validation_step=logging_validation), CSVLogger(tmp_path)
        trainer = fit(tmp_path, module, *monitors, averaging(), max_epochs=2, logger=logger)
        ends.append(module.net.weight)
    assert torch.equal(*ends)
    assert trainer.callback_metrics["val_nats"].item() == pytest.approx(trainer.callback_metrics["own"].item())
    names = set(csv_rows(logger)[0]) - {"own", "epoch", "step"}
    assert names == {f"{split}_nats{suffix}" for split in ("train", "val", "gap")}


def test_averaged_weights_between_validations(tmp_path):
    """Steps have no validation: the average is swapped in, measured, and out again."""
    averaging = EMAWeightAveraging(decay=0.9)
    module = small()
    averages = []

    class Keep(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, *args):
            average = averaging._average_model.module.net
            averages.append(F.cross_entropy(average(X), Y).item())

    monitor = GapMonitor({"nats": F.cross_entropy}, every_n_steps=5)
    logger = CSVLogger(tmp_path)
    fit(tmp_path, module, averaging, Keep(), monitor, max_epochs=1, logger=logger)
    values = {row["step"]: float(row["train_nats_averaged"]) for row in csv_rows(logger)}
    assert values["4"] == pytest.approx(averages[4], rel=1e-5)


def test_average_at_the_end_is_named(tmp_path):
    """StochasticWeightAveraging validates the raw weights, and hands the average over at the end."""
    module = small()
    averaging = StochasticWeightAveraging(0.1, swa_epoch_start=1)
    logger = CSVLogger(tmp_path)
    fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}), averaging, logger=logger)
    rows = csv_rows(logger)
    averaged = [float(row["val_nats_averaged"]) for row in rows if row["val_nats_averaged"]]
    assert len([row for row in rows if row["val_nats"]]) == 3
    x, y = VALIDATION.tensors
    assert averaged == [pytest.approx(F.cross_entropy(module.net(x), y).item())]
