"""A LightningModule and data as a user has them, and how to fit it in a test."""

import csv
import random
import weakref
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

FORKS = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
"""Python warns from 3.12 on where the process has threads."""


def samples(count, seed):
    x = torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))
    return TensorDataset(x, (x[:, 0] > 0).long() + (x[:, 1] > 0).long())


TRAIN, VALIDATION = samples(50, 1), samples(30, 2)


MODES = weakref.WeakKeyDictionary()


class Stream(IterableDataset):
    def __iter__(self):
        return iter(TRAIN)


class Net(pl.LightningModule):
    """With all that is drawn or remembered in a training: dropout, batch norm, a counter, noise of three generators."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.register_buffer("calls", torch.zeros(()))

    @property
    def modes_seen(self):
        return MODES.get(self, set())

    def forward(self, x):
        # Not in the module, whose attributes a measurement restores.
        MODES.setdefault(self, set()).add((self.training, torch.is_grad_enabled()))
        self.calls = self.calls + 1
        return self.body(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self(x + 0.1 * noise()), y)

    def validation_step(self, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


class WithoutValidation(Net):
    validation_step = pl.LightningModule.validation_step


def noise():
    """From every generator."""
    return random.random() + np.random.rand() + torch.rand(())


def accuracy():
    return MulticlassAccuracy(3, average="micro")


def loader(**options):
    return DataLoader(TRAIN, **({"batch_size": 8} | options))


def small(package=pl, net=None, loss=F.cross_entropy, **methods):
    """A module without noise, from either package of Lightning, with further methods and hooks of a user."""

    def training_step(self, batch, batch_idx):
        return loss(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def forward(self, x):
        return self.net(x)

    plain = {
        "forward": forward,
        "training_step": training_step,
        "validation_step": lambda self, batch, batch_idx: None,
        "configure_optimizers": configure_optimizers,
    }
    torch.manual_seed(0)
    module = type("Small", (package.LightningModule,), plain | methods)()
    module.net = nn.Linear(6, 3) if net is None else net
    return module


def fit(folder, module, *callbacks, train=None, val=None, resume=None, package=pl, **options):
    """Trains for three epochs; returns the trainer."""
    pl.seed_everything(5, verbose=False)
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    defaults = {"accelerator": "cpu", "max_epochs": 3, "default_root_dir": folder}
    trainer = package.Trainer(callbacks=list(callbacks), **(off | defaults | options))
    train = loader(shuffle=True) if train is None else train
    val = DataLoader(VALIDATION, batch_size=8) if val is None else val
    trainer.fit(module, train, val, ckpt_path=resume)
    return trainer


def csv_rows(logger):
    """What a CSVLogger has written."""
    return list(csv.DictReader(Path(logger.log_dir, "metrics.csv").read_text().splitlines()))


def by_hand(module, data):
    """Accuracy and cross-entropy on a whole set in eval mode."""
    module.eval()
    with torch.no_grad():
        outputs = module(data.tensors[0])
    loss = F.cross_entropy(outputs, data.tensors[1])
    return (outputs.argmax(1) == data.tensors[1]).float().mean().item(), loss.item()


def same(one, other):
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
