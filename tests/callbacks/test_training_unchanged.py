"""GapMonitor changes nothing in the training that it watches."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, TensorDataset

from sharegap.callbacks.gap_monitor import GapMonitor
from tests.callbacks.user_training import FORKS, TRAIN, Net, Stream, accuracy, fit, loader, noise, same


def everything(trainer, module):
    """All that the rest of a training depends on."""
    optimizer = trainer.optimizers[0].state_dict()["state"]
    numbers = [*module.state_dict().values(), *(value for state in optimizer.values() for value in state.values())]
    python, (_, numpy, *_) = random.getstate(), np.random.get_state()
    return [*numbers, torch.get_rng_state(), torch.tensor(python[1]), torch.from_numpy(numpy.astype(np.int64))]


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
