"""When GapMonitor measures, and that whoever monitors its figures always finds one."""

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader, TensorDataset

from sharegap import GapMonitor
from sharegap.callbacks.schedule import Schedule
from sharegap.errors import UserError
from tests.callbacks.user_training import csv_rows, fit, loader, small


def rows(tmp_path, every, **options):
    """(step, epoch) of each measurement of three epochs of seven steps."""
    logger = CSVLogger(tmp_path)
    fit(tmp_path, small(), GapMonitor({"nats": F.cross_entropy}, **every), logger=logger, **options)
    return [(int(row["step"]), int(row["epoch"])) for row in csv_rows(logger) if row["gap_nats"]]


@pytest.mark.parametrize(
    ("every", "options", "expected"),
    [
        ({}, {}, [(6, 0), (13, 1), (20, 2)]),
        ({"every_n_epochs": 2}, {}, [(6, 0), (13, 1), (20, 2)]),
        ({"every_n_epochs": 5}, {}, [(6, 0), (20, 2)]),
        ({"every_n_steps": 10}, {}, [(6, 0), (9, 1), (19, 2), (20, 2)]),
        ({"every_n_steps": 2}, {"accumulate_grad_batches": 4, "max_epochs": 2}, [(1, 0), (3, 1)]),
        ({"every_validation": True}, {"val_check_interval": 0.5, "max_epochs": 1}, [(2, 0), (5, 0), (6, 0)]),
        ({}, {"val_check_interval": 0.5, "max_epochs": 1}, [(2, 0), (6, 0)]),
        ({}, {"check_val_every_n_epoch": 5, "num_sanity_val_steps": 0}, [(6, 0), (13, 1), (20, 2)]),
        ({}, {"max_steps": 9}, [(6, 0), (8, 1)]),
    ],
    ids=str,
)
def test_measures_when_it_is_due(tmp_path, every, options, expected):
    assert rows(tmp_path, every, **options) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"check_val_every_n_epoch": 5, "num_sanity_val_steps": 0},
        {"val_check_interval": 0.5},
        {"check_val_every_n_epoch": None, "val_check_interval": 3},
        {"num_sanity_val_steps": 0},
    ],
    ids=str,
)
@pytest.mark.parametrize("every", [{"every_n_epochs": 2}, {"every_n_steps": 100}, {"every_validation": True}], ids=str)
def test_monitors_find_a_figure(tmp_path, every, options):
    monitor = GapMonitor({"nats": F.cross_entropy}, max_batches=1, **every)
    best = ModelCheckpoint(tmp_path, monitor="gap_nats")
    stop = EarlyStopping("val_nats")
    fit(tmp_path, small(), stop, best, monitor, max_epochs=2, enable_checkpointing=True, **options)
    assert best.best_model_path or options.get("check_val_every_n_epoch") == 5


@pytest.mark.parametrize("interval", ["epoch", "step"])
def test_schedulers_find_a_figure(tmp_path, interval):
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
        return [optimizer], [{"scheduler": scheduler, "monitor": "val_nats", "interval": interval}]

    module = small(configure_optimizers=configure_optimizers)
    fit(tmp_path, module, GapMonitor({"nats": F.cross_entropy}, every_n_epochs=2), max_epochs=2)


def test_resumed_training_has_the_last_figures(tmp_path):
    saved = ModelCheckpoint(tmp_path, filename="one", save_on_train_epoch_end=True)
    first = fit(
        tmp_path, small(), GapMonitor({"nats": F.cross_entropy}), saved, max_epochs=1, enable_checkpointing=True
    )
    found = {}

    class Look(EarlyStopping):
        def on_train_epoch_start(self, trainer, pl_module):
            found.update(trainer.callback_metrics)

    monitor = GapMonitor({"nats": F.cross_entropy}, every_n_epochs=10)
    fit(tmp_path, small(), monitor, Look("val_nats"), max_epochs=2, resume=tmp_path / "one.ckpt")
    assert found["val_nats"].item() == pytest.approx(first.callback_metrics["val_nats"].item())


def test_tensorboard_has_the_figures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logger = TensorBoardLogger(tmp_path)
    trainer = fit(tmp_path, small(), GapMonitor({"nats": F.cross_entropy}), logger=logger, max_epochs=1)
    events = EventAccumulator(logger.log_dir).Reload().Scalars("gap_nats")
    assert events[-1].value == pytest.approx(trainer.callback_metrics["gap_nats"].item())


def test_late_loaders_are_read_anew(tmp_path):
    """Lightning makes the loaders anew each epoch: those of now are read."""
    made = []

    def train_dataloader(self):
        made.append(loader(shuffle=True))
        return made[-1]

    module = small(train_dataloader=train_dataloader, val_dataloader=lambda self: loader())
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,
        callbacks=[GapMonitor({"nats": F.cross_entropy})],
        **options,
    )
    trainer.fit(module)
    assert len(made) == 2
    assert trainer.callback_metrics["gap_nats"] == 0


def test_several_optimizers_step_in_a_batch():
    """Two steps a batch: every third step is passed at the fourth, the sixth, the tenth."""
    schedule = Schedule(every_n_steps=3)
    assert [step for step in range(2, 13, 2) if schedule.is_due_at_step(step, step - 2)] == [4, 6, 10, 12]


def test_folds_of_a_function_are_read_anew(tmp_path):
    """One monitor for all folds of a cross-validation."""
    folds = iter([TensorDataset(torch.full((4, 6), float(fold))) for fold in range(4)])
    means = {"mean": lambda outputs, targets: targets.mean()}
    parts = {"inputs": lambda batch: batch[0], "targets": lambda batch: batch[0]}
    read = {"train_dataloader": lambda: DataLoader(next(folds)), "val_dataloader": lambda: DataLoader(next(folds))}
    monitor = GapMonitor(means, higher_is_better=True, **parts, **read)
    module = small()
    figures = [fit(tmp_path, module, monitor, max_epochs=1).callback_metrics["train_mean"].item() for _ in range(2)]
    assert figures == [0, 2]


def test_one_schedule_at_a_time():
    with pytest.raises(UserError, match="one of every_n_epochs, every_n_steps and every_validation must be given"):
        Schedule(every_n_epochs=2, every_validation=True)
    with pytest.raises(UserError, match="every_n_steps must be an integer >= 1, got -1"):
        Schedule(every_n_steps=-1)


def test_table_at_the_end(tmp_path, capsys):
    trainer = fit(tmp_path, small(), GapMonitor({"nats": F.cross_entropy}, table=True), max_epochs=1)
    *_, last = capsys.readouterr().out.rstrip().split("\n")
    figures = [trainer.callback_metrics[f"{split}_nats"] for split in ("train", "val", "gap")]
    assert last.split() == ["nats", *(f"{figure:.4f}" for figure in figures)]
