"""GapMonitor in other people's trainings: what it logs, and that it changes nothing."""

import csv
import random
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from sharegap.callbacks.gap_monitor import GapMonitor
from sharegap.errors import UserError
from sharegap.metrics import GeneralizationGap
from tests.callbacks.other_people import (
    TRAIN,
    VALIDATION,
    Net,
    Stream,
    WithoutValidation,
    accuracy,
    by_hand,
    fit,
    loader,
    noise,
)

FORKS = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
"""Python warns from 3.12 on where the process has threads."""


def everything(trainer, module):
    """All that the rest of a training depends on."""
    optimizer = trainer.optimizers[0].state_dict()["state"]
    numbers = [*module.state_dict().values(), *(value for state in optimizer.values() for value in state.values())]
    python, (_, numpy, *_) = random.getstate(), np.random.get_state()
    return [*numbers, torch.get_rng_state(), torch.tensor(python[1]), torch.from_numpy(numpy.astype(np.int64))]


def same(one, other):
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("options", [{}, {"precision": "bf16-mixed"}, {"accumulate_grad_batches": 2}], ids=str)
def test_training_is_unchanged_bit_for_bit(tmp_path, options):
    alone, watched = Net(), Net()
    expected = everything(fit(tmp_path, alone, **options), alone)
    metrics = {"accuracy": accuracy(), "nats": F.cross_entropy}
    monitor = GapMonitor(metrics, predict=lambda module, batch: (module(batch[0] + noise()), batch[1]))
    assert same(expected, everything(fit(tmp_path, watched, monitor, **options), watched))
    assert alone.modes_seen == {(True, True)}
    assert watched.modes_seen == {(True, True), (False, False)}


def test_resumed_training_is_unchanged(tmp_path):
    ends = []
    for name, monitors in {"alone": [], "watched": [GapMonitor({"accuracy": accuracy()}, every_n_epochs=2)]}.items():
        saves = ModelCheckpoint(tmp_path / name, filename="two", save_on_train_epoch_end=True)
        fit(tmp_path, Net(), *monitors, saves, max_epochs=2, enable_checkpointing=True)
        module = Net()
        trainer = fit(tmp_path, module, *monitors, max_epochs=4, resume=tmp_path / name / "two.ckpt")
        assert trainer.current_epoch == 4
        ends.append(everything(trainer, module))
    assert same(*ends)


@pytest.mark.parametrize("given", [None, DataLoader(Stream(), batch_size=8)], ids=["read", "given"])
def test_generators_of_loaders_are_unchanged(tmp_path, given):
    ends = []
    for monitors in ([], [GapMonitor({"accuracy": accuracy()}, train_dataloader=given, max_batches=2)]):
        module, generator = Net(), torch.Generator().manual_seed(7)
        trainer = fit(tmp_path, module, *monitors, train=loader(shuffle=True, generator=generator))
        ends.append([*everything(trainer, module), generator.get_state()])
    assert same(*ends)


class Augmented(TensorDataset):
    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x + noise(), y


@FORKS
@pytest.mark.parametrize("persistent", [False, True])
def test_workers_draw_the_same(tmp_path, persistent):
    ends = []
    for monitors in ([], [GapMonitor({"accuracy": accuracy()}, max_batches=1)]):
        data, module = Augmented(*TRAIN.tensors), Net()
        train = DataLoader(data, batch_size=8, shuffle=True, num_workers=1, persistent_workers=persistent)
        ends.append(everything(fit(tmp_path, module, *monitors, train=train), module))
    assert same(*ends)


def test_modes_of_submodules_are_restored(tmp_path):
    class Frozen(Net):
        def on_train_epoch_start(self):
            self.body[1].eval()

    module = Frozen()
    fit(tmp_path, module, GapMonitor({"accuracy": accuracy()}))
    assert [layer.training for layer in module.body] == [True, False, True, True, True]
    assert module.training


@pytest.mark.parametrize("loss", [F.cross_entropy, nn.CrossEntropyLoss(reduction="none")], ids=["mean", "each"])
def test_logs_metrics_of_full_sets_in_eval_mode(tmp_path, loss):
    module = Net()
    monitor = GapMonitor({"accuracy": accuracy(), "nats": loss})
    logged = fit(tmp_path, module, monitor, train=loader(shuffle=True, drop_last=True)).callback_metrics
    (train_accuracy, train_loss), (val_accuracy, val_loss) = by_hand(module, TRAIN), by_hand(module, VALIDATION)
    assert {name: value.item() for name, value in logged.items()} == pytest.approx(
        {
            "train_accuracy": train_accuracy,
            "val_accuracy": val_accuracy,
            "gap_accuracy": train_accuracy - val_accuracy,
            "train_nats": train_loss,
            "val_nats": val_loss,
            "gap_nats": val_loss - train_loss,
        },
        abs=1e-6,
    )


@FORKS
def test_two_processes_agree_with_one(tmp_path):
    options = {"strategy": "ddp_fork", "devices": 2, "train": loader(batch_size=7), "max_epochs": 2}
    module, alone = WithoutValidation(), WithoutValidation()  # a validation would have made all buffers equal
    metrics, given = {"accuracy": accuracy(), "nats": F.cross_entropy}, DataLoader(VALIDATION, batch_size=8)
    logged = fit(tmp_path, module, GapMonitor(metrics, val_dataloader=given), **options).callback_metrics
    fit(tmp_path, alone, **options)
    assert same(list(alone.state_dict().values()), list(module.state_dict().values()))
    (train_accuracy, train_loss), (val_accuracy, val_loss) = by_hand(module, TRAIN), by_hand(module, VALIDATION)
    assert logged["train_accuracy"].item() == pytest.approx(train_accuracy)
    assert logged["gap_accuracy"].item() == pytest.approx(train_accuracy - val_accuracy)
    assert logged["gap_nats"].item() == pytest.approx(val_loss - train_loss, abs=1e-6)


def test_measures_in_the_precision_of_training(tmp_path):
    kinds = set()

    def predict(module, batch):
        outputs = module(batch[0])
        kinds.add(outputs.dtype)
        return outputs, batch[1]

    fit(tmp_path, Net(), GapMonitor({"accuracy": accuracy()}, predict=predict), precision="bf16-mixed")
    assert kinds == {torch.bfloat16}


def test_augmentation_on_the_device_is_off(tmp_path):
    class Augmenting(Net):
        def on_after_batch_transfer(self, batch, dataloader_idx):
            x, y = batch
            return (x + 100 if self.trainer.training else x), y

    module = Augmenting()
    trainer = fit(tmp_path, module, GapMonitor({"accuracy": accuracy()}))
    assert trainer.callback_metrics["train_accuracy"].item() == pytest.approx(by_hand(module, TRAIN)[0])


def test_loggers_and_callbacks_see_the_metrics(tmp_path):
    logger = pl.loggers.CSVLogger(tmp_path)
    best = ModelCheckpoint(tmp_path / "best", monitor="gap_accuracy")
    stop = EarlyStopping("val_accuracy", mode="max", patience=1, min_delta=1.0)
    callbacks = [best, stop, GapMonitor({"accuracy": accuracy()})]
    trainer = fit(tmp_path, Net(), *callbacks, logger=logger, enable_checkpointing=True)
    assert trainer.current_epoch == 2
    rows = list(csv.DictReader(Path(logger.log_dir, "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert best.best_model_score.item() == pytest.approx(min(float(row["gap_accuracy"]) for row in rows))


def test_measures_every_n_epochs_only(tmp_path):
    module = Net()
    fit(tmp_path, module, GapMonitor({"accuracy": accuracy()}, every_n_epochs=4))
    assert module.modes_seen == {(True, True)}


def test_takes_a_generalization_gap(tmp_path):
    errors = GeneralizationGap(accuracy(), higher_is_better=False)
    logged = fit(tmp_path, Net(), GapMonitor({"a": accuracy(), "b": errors})).callback_metrics
    assert logged["gap_a"] == -logged["gap_b"]


def test_refuses_names_that_the_module_logs(tmp_path):
    class Logging(Net):
        def training_step(self, batch, batch_idx):
            loss = super().training_step(batch, batch_idx)
            self.log("train_loss", loss)
            return loss

    with pytest.raises(UserError, match="logs train_loss itself"):
        fit(tmp_path, Logging(), GapMonitor({"loss": F.cross_entropy}))


def test_module_can_log_a_gap_itself(tmp_path):
    class Logging(Net):
        def __init__(self):
            super().__init__()
            self.gap = GeneralizationGap(accuracy())

        def training_step(self, batch, batch_idx):
            self.gap.update(self.body(batch[0]), batch[1], split="train")
            return super().training_step(batch, batch_idx)

        def validation_step(self, batch, batch_idx):
            self.gap.update(self.body(batch[0]), batch[1], split="test")

        def on_train_epoch_end(self):
            self.log_dict(self.gap.compute())
            self.gap.reset()

    module = Logging()
    logged = fit(tmp_path, module).callback_metrics
    assert logged["test"].item() == pytest.approx(by_hand(module, VALIDATION)[0])
    assert logged["gap"] == logged["train"] - logged["test"]
