"""A mistake is one sentence, when the monitor is made or before the first step."""

from functools import partial

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchmetrics import R2Score
from torchmetrics.classification import MulticlassAccuracy

from sharegap import GapMonitor, GeneralizationGap
from sharegap.errors import UserError
from tests.callbacks.user_training import TRAIN, accuracy, fit, loader, small

NATS = {"nats": F.cross_entropy}
X, Y = TRAIN.tensors


@pytest.mark.parametrize(
    ("metrics", "options", "message"),
    [
        ([accuracy()], {}, "metrics must be a dict of at least one, such as .*, got list"),
        (accuracy(), {}, "metrics must be a dict of at least one, such as .*, got MulticlassAccuracy"),
        ({}, {}, "metrics must be a dict of at least one, such as .*, got {}"),
        ({"a": MulticlassAccuracy}, {}, "metric a must be a torchmetrics metric or a function, got the class Multi"),
        ({"a": partial(MulticlassAccuracy, 3)}, {}, "got the class MulticlassAccuracy"),
        ({"a": nn.MSELoss}, {}, "got the class MSELoss"),
        ({"a": "accuracy"}, {}, "metric a must be a torchmetrics metric or a function, got 'accuracy'"),
        ({"a": lambda x, y: 0}, {}, "higher_is_better must be True or False for metric a, got None"),
        (
            NATS,
            {"higher_is_better": {"nat": False}},
            "there is no metric of higher_is_better 'nat': did you mean nats?",
        ),
        (NATS, {"higher_is_better": "no"}, "higher_is_better must be True or False for metric nats, got no"),
        (NATS, {"weight": "x"}, "weight must be a function, got 'x'"),
        (NATS, {"predict": "x"}, "predict must be a function, got 'x'"),
        (NATS, {"predict": print, "inputs": print}, "inputs must be left out beside predict"),
        (NATS, {"measure": "validation_step"}, "either metrics or measure must be given, got both"),
        (None, {}, "either metrics or measure must be given, got neither"),
        (None, {"measure": "step", "targets": print}, "targets must be left out beside measure"),
        (None, {"measure": 5}, "measure must be a step of the module or its name, got 5"),
        (
            {"a": accuracy()},
            {"weight": print},
            "weight must stand beside functions that are averaged, got MulticlassAccuracy",
        ),
        ({"a": F.cross_entropy}, {"weight": print}, "weight must stand beside values per sample, got metric a, a mean"),
        (NATS, {"train_dataloader": 5}, "train_dataloader must be a DataLoader or another iterable .*, got a int"),
        (NATS, {"val_dataloader": TRAIN}, "val_dataloader must be a DataLoader .*, got a TensorDataset"),
        (NATS, {"train_dataloader": pl.LightningDataModule()}, "got a LightningDataModule"),
    ],
)
def test_options_that_cannot_be(metrics, options, message):
    with pytest.raises(UserError, match=message):
        GapMonitor(metrics, **options)


def refuses(tmp_path, module, monitor, message, **options):
    """Before the first step: the weights are as they were."""
    before = [parameter.clone() for parameter in module.parameters()]
    with pytest.raises(UserError, match=message):
        fit(tmp_path, module, monitor, **options)
    assert all(torch.equal(*pair) for pair in zip(before, module.parameters(), strict=True))


def untrained(**methods):
    return small(training_step=lambda self, batch, i: self.net.weight.sum(), **methods)


def dicts(x, y):
    return DataLoader([{"image": x[:8], "label": y[:8]}], batch_size=None)


def test_batches_that_do_not_tell(tmp_path):
    made = dicts(X, Y)
    message = "a batch must be a tensor or .*, got a dict of image, label: say where they are with inputs= and targets="
    refuses(tmp_path, untrained(), GapMonitor(NATS), message, train=made, val=made)
    triples = DataLoader([(torch.arange(8), X[:8], Y[:8])], batch_size=None)
    message = r"the outputs cannot be computed of a list of 3 parts \(RuntimeError"
    refuses(tmp_path, untrained(), GapMonitor(NATS), message, train=triples, val=triples)


def test_outputs_that_a_metric_does_not_take(tmp_path):
    module = small(forward=lambda self, x: (self.net(x), x), training_step=lambda self, batch, i: self.net.weight.sum())
    message = r"metric a cannot be computed of a list of 2 parts \(.*Error: .*\): say where"
    refuses(tmp_path, module, GapMonitor({"a": accuracy()}), message)


def test_metrics_that_need_more_than_one_sample(tmp_path):
    module = small(net=nn.Linear(6, 1))
    module.training_step = lambda batch, batch_idx: module(batch[0]).sum()
    monitor = GapMonitor({"r2": R2Score()}, predict=lambda module, batch: (module(batch[0])[:, 0], batch[1].float()))
    assert "gap_r2" in fit(tmp_path, module, monitor, train=loader(batch_size=1), max_epochs=1).callback_metrics


def test_splits_without_a_batch(tmp_path):
    refuses(
        tmp_path, small(), GapMonitor(NATS, val_dataloader=[]), "the val data must have a batch for a gap, got none"
    )
    own = untrained(validation_step=pl.LightningModule.validation_step)
    refuses(tmp_path, own, GapMonitor(NATS), "the trainer must have a val loader, got none: pass val_dataloader=")


def test_loaders_that_have_no_counterpart(tmp_path):
    module = untrained(validation_step=lambda self, batch, i, dataloader_idx=0: None)
    several = {"a": loader(), "b": loader()}
    message = "train and val loaders must have the same names for a gap each, got .*_a.* and .*_0.*"
    refuses(tmp_path, module, GapMonitor(NATS), message, train=several, val=[loader(), loader()])


def test_loaders_that_cannot_be_kept_apart(tmp_path):
    class Held:
        def __init__(self):
            self.pairs = (batch for batch in loader())

        def __iter__(self):
            return self.pairs

    refuses(tmp_path, untrained(), GapMonitor(NATS), "must be one that can be copied: pass train_data", train=Held())
    once = (batch for batch in loader())
    refuses(tmp_path, untrained(), GapMonitor(NATS), "can be read twice: pass train_dataloader", train=once)


class LogsLater(pl.Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        self.log("val_nats", 99.0)


@pytest.mark.parametrize("hook", ["training_step", "validation_step", "on_train_epoch_end", "on_validation_epoch_end"])
def test_names_that_the_module_logs(tmp_path, hook):
    """The first step is the latest for those that a step logs, the first epoch for those of its end."""

    def logs(self, *args):
        self.log("val_nats", 99.0)
        return self.net.weight.sum()

    with pytest.raises(UserError, match="the module logs val_nats itself: choose another name"):
        fit(tmp_path, small(**{hook: logs}), GapMonitor(NATS), max_epochs=1)


def test_names_that_a_callback_logs(tmp_path):
    with pytest.raises(UserError, match="logs val_nats itself"):
        fit(tmp_path, small(), GapMonitor(NATS), LogsLater(), max_epochs=1)


def test_names_of_steps_and_epochs(tmp_path):
    def logs(self, batch, batch_idx):
        loss = F.cross_entropy(self(batch[0]), batch[1])
        self.log("train_nats", loss, on_step=True, on_epoch=True)
        return loss

    with pytest.raises(UserError, match="logs train_nats_step itself"):
        fit(tmp_path, small(training_step=logs), GapMonitor({"nats_step": F.cross_entropy}), max_epochs=1)


def test_names_twice(tmp_path):
    """A metric's name and a loader's make those of another metric and loader."""
    metrics = {"a": accuracy(), "a_0": accuracy()}
    given = {"0": loader(), "0_0": loader()}
    monitor = GapMonitor(metrics, train_dataloader=given, val_dataloader=given)
    refuses(tmp_path, untrained(), monitor, "the names of figures must differ, got train_a_0_0 twice")


def test_two_monitors_of_one_name(tmp_path):
    first, second = GapMonitor(NATS), GapMonitor(NATS | {"a": accuracy()})
    with pytest.raises(UserError, match="two GapMonitors must log different names, got gap_nats twice"):
        fit(tmp_path, small(), first, second, max_epochs=1)


def test_sharded_strategies():
    from sharegap.callbacks.publish import check_strategy

    for name, bases in {"FSDPStrategy": (), "DeepSpeedStrategy": (type("DDPStrategy", (), {}),)}.items():
        with pytest.raises(UserError, match=f"the strategy must be a single device or DDP, got {name}"):
            check_strategy(type(name, bases, {})())


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("metric", [accuracy(), R2Score()], ids=["accuracy", "R2"])
def test_gap_without_a_split(metric, split):
    gap = GeneralizationGap(metric)
    gap.update(torch.tensor([1, 2]), torch.tensor([1, 2]), split="train" if split == "test" else "test")
    with pytest.raises(UserError, match=f'must come after update.*split="{split}".*, got no {split} samples'):
        gap.compute()


def test_direction_that_is_none():
    with pytest.raises(UserError, match="higher_is_better must be True or False, got 'no'"):
        GeneralizationGap(accuracy(), higher_is_better="no")
