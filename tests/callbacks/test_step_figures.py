"""`measure=` runs a step of the module on both splits, in eval mode, and compares what it logs."""

import lightning.pytorch as lightning
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn

from sharegap import GapMonitor
from sharegap.errors import UserError
from tests.callbacks.user_training import TRAIN, VALIDATION, accuracy, by_hand, fit, loader, small


def validation_step(self, batch, batch_idx):
    outputs = self(batch[0])
    self.accuracy(outputs, batch[1])
    self.log("val/acc", self.accuracy)
    self.log("val/loss", F.cross_entropy(outputs, batch[1]), prog_bar=True)


def module_with(package=pl, **methods):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.Dropout(0.5), nn.Linear(16, 3))
    module = small(package, net, **({"validation_step": validation_step} | methods))
    module.accuracy = accuracy()
    return module


@pytest.mark.parametrize("package", [pl, lightning], ids=["pytorch_lightning", "lightning"])
def test_validation_step_runs_on_training_data(tmp_path, package):
    """Batches of 8 and a smaller last one count by their samples; dropout is off; Lightning's own figures stay."""
    module = module_with(package)
    alone = fit(tmp_path, module_with(package), package=package, max_epochs=2).callback_metrics
    monitor = GapMonitor(measure=module.validation_step, higher_is_better={"val/acc": True, "val/loss": False})
    logged = fit(tmp_path, module, monitor, package=package, max_epochs=2).callback_metrics
    assert {name: logged[name] for name in alone} == alone
    (train_accuracy, train_loss), (val_accuracy, val_loss) = by_hand(module, TRAIN), by_hand(module, VALIDATION)
    assert logged["train_val/acc"].item() == pytest.approx(train_accuracy)
    assert logged["gap_val/acc"].item() == pytest.approx(train_accuracy - val_accuracy)
    assert logged["val_val/loss"].item() == pytest.approx(alone["val/loss"].item()) == pytest.approx(val_loss)
    assert logged["gap_val/loss"].item() == pytest.approx(val_loss - train_loss, abs=1e-6)


def test_values_are_chosen_by_name(tmp_path):
    monitor = GapMonitor(measure="validation_step", higher_is_better={"val/loss": False})
    logged = fit(tmp_path, module_with(), monitor, max_epochs=1).callback_metrics
    assert {name for name in logged if name.startswith("gap_")} == {"gap_val/loss"}


def test_values_of_the_epoch_end(tmp_path):
    """Outputs that a module collects for its hook at the end are the split's own, and gone afterwards."""

    def collect(self, batch, batch_idx):
        self.outputs.append(F.cross_entropy(self(batch[0]), batch[1], reduction="none"))

    def end(self):
        self.log("worst", torch.cat(self.outputs).max())
        self.outputs.clear()

    def start(self):
        assert not getattr(self, "outputs", [])
        self.outputs = []

    methods = {"validation_step": collect, "on_validation_epoch_end": end, "on_validation_epoch_start": start}
    module = module_with(**methods)
    monitor = GapMonitor(measure="validation_step", higher_is_better=False)
    logged = fit(tmp_path, module, monitor, max_epochs=1).callback_metrics
    x, y = TRAIN.tensors
    expected = F.cross_entropy(module.eval().net(x), y, reduction="none").max().item()
    assert logged["train_worst"].item() == pytest.approx(expected)
    assert logged["val_worst"] == logged["worst"]


def test_options_of_a_step_keep_their_defaults(tmp_path):
    def step(self, batch, batch_idx, sample=True):
        self.log("sampled", float(sample))

    module = module_with(validation_step=step)
    monitor = GapMonitor(measure="validation_step", higher_is_better=True)
    assert fit(tmp_path, module, monitor, max_epochs=1).callback_metrics["train_sampled"] == 1


def test_any_step_and_weight(tmp_path):
    def step(self, batch, batch_idx):
        self.log("nats", F.cross_entropy(self(batch[0]), batch[1]), batch_size=1)

    module = module_with(shared=step)
    monitor = GapMonitor(measure=module.shared, higher_is_better=False, weight=lambda batch: torch.ones(len(batch[0])))
    logged = fit(tmp_path, module, monitor, max_epochs=1).callback_metrics
    assert logged["train_nats"].item() == pytest.approx(by_hand(module, TRAIN)[1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "higher_is_better must be True or False for val/loss, which validation_step logs, got None"),
        ({"higher_is_better": {"loss": False}}, "there is no value logged in validation_step 'loss'"),
        ({"measure": "valid_step"}, "measure must be a step of the module that is trained, got valid_step"),
        ({"measure": module_with().validation_step}, "measure must be a step of the module that is trained"),
        ({"measure": "training_step"}, "measure must log a value, got none in training_step"),
        ({"measure": "summed"}, "nats must be logged as a mean, got reduce_fx=sum"),
    ],
)
def test_refuses_at_the_start(tmp_path, options, message):
    def summed(self, batch, batch_idx):
        self.log("nats", 1.0, reduce_fx="sum")

    module = module_with(summed=summed)
    weight = module.net[0].weight.clone()
    with pytest.raises(UserError, match=message):
        fit(tmp_path, module, GapMonitor(**({"measure": "validation_step"} | options)), train=loader(), max_epochs=1)
    assert torch.equal(weight, module.net[0].weight)
