"""GapMonitor in other people's trainings: what it logs, and that it changes nothing."""

import csv
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader

from sharegap.callbacks.gap_monitor import GapMonitor
from sharegap.errors import UserError
from sharegap.metrics import GeneralizationGap
from tests.callbacks.user_training import (
    FORKS,
    TRAIN,
    VALIDATION,
    Net,
    WithoutValidation,
    accuracy,
    by_hand,
    fit,
    loader,
    same,
)


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

    def step(batch, batch_idx):
        module.log("step", F.cross_entropy(module(batch[0]), batch[1]))

    of_step = GapMonitor(measure=step, higher_is_better=False, val_dataloader=given)
    logged = fit(tmp_path, module, GapMonitor(metrics, val_dataloader=given), of_step, **options).callback_metrics
    fit(tmp_path, alone, **options)
    assert same(list(alone.state_dict().values()), list(module.state_dict().values()))
    (train_accuracy, train_loss), (val_accuracy, val_loss) = by_hand(module, TRAIN), by_hand(module, VALIDATION)
    assert logged["train_accuracy"].item() == pytest.approx(train_accuracy)
    assert logged["gap_accuracy"].item() == pytest.approx(train_accuracy - val_accuracy)
    assert logged["gap_nats"].item() == pytest.approx(val_loss - train_loss, abs=1e-6)
    assert logged["gap_step"].item() == pytest.approx(val_loss - train_loss, abs=1e-6)


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
