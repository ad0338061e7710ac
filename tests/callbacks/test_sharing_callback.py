"""SharingCallback trains as a user who adds penalties and pulls by hand, in both packages of the trainer."""

import copy
import importlib
import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from sharegap.callbacks import SharingCallback
from sharegap.errors import UserError
from sharegap.sharing import Independent, Soft, SoftPenalty, SoftProximal, share
from tests.sharing.user_networks import Siamese

STEPS, LR = 6, 0.1
PAIRS, TARGETS = torch.randn(24, 2, 6), torch.randn(24)
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:::lightning"),
]
both_packages = pytest.mark.parametrize("package", ["pytorch_lightning", "lightning.pytorch"])


def make_module(package, network, optimizer=torch.optim.SGD, accumulate=False):
    lightning = importlib.import_module(package)

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = network
            self.automatic_optimization = not accumulate

        def training_step(self, batch, batch_idx):
            loss = loss_of(self.network, batch)
            if accumulate:
                self.manual_backward(loss)
                self.optimizers().step()
                self.optimizers().zero_grad()
            return loss

        def configure_optimizers(self):
            return optimizer(self.network.parameters(), lr=LR)

    return Module()


def loss_of(network, batch):
    x, y = batch
    return (network(x) - y).square().mean()


def fit(package, module, callback, **options):
    lightning = importlib.import_module(package)
    loader = DataLoader(TensorDataset(PAIRS, TARGETS), batch_size=4)
    trainer = lightning.Trainer(
        callbacks=[callback],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **{"max_epochs": 1} | options,
    )
    trainer.fit(module, loader)
    return trainer


def by_hand(network, sites, batches, clip=math.inf):
    optimizer = torch.optim.SGD(network.parameters(), lr=LR)
    for batch in batches:
        optimizer.zero_grad()
        (loss_of(network, batch) + sites.penalty()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
        sites.pull(LR, len(batches))


def shared_pair(strategy, strength=2):
    """Two equal networks with the sites of the second."""
    network = Siamese()
    sites = share(network, network.sites, strategy, strength=strength)
    twin = copy.deepcopy(network)
    return network, twin, twin.get_submodule("shared_sites") if sites else None


@both_packages
@pytest.mark.parametrize("strategy", [Soft, SoftPenalty, SoftProximal])
@pytest.mark.parametrize("is_manual", [False, True])
def test_trains_as_by_hand(package, strategy, is_manual):
    network, twin, sites = shared_pair(strategy)
    start = copy.deepcopy(network.state_dict())
    fit(package, make_module(package, network, accumulate=is_manual), SharingCallback())
    by_hand(twin, sites, list(zip(PAIRS.split(4), TARGETS.split(4), strict=True)))
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, twin.state_dict()[name])
        assert not torch.equal(tensor, start[name])


@pytest.mark.parametrize("strategy", [Soft, SoftPenalty])
def test_accumulated_batches_have_one_penalty(strategy):
    """And it is clipped with the loss."""
    network, twin, sites = shared_pair(strategy)
    options = {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5}
    fit("pytorch_lightning", make_module("pytorch_lightning", network), SharingCallback(), **options)
    by_hand(twin, sites, list(zip(PAIRS.split(8), TARGETS.split(8), strict=True)), clip=0.5)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, twin.state_dict()[name])


def test_steps_are_those_of_the_training():
    network, twin, sites = shared_pair(Soft)
    fit("pytorch_lightning", make_module("pytorch_lightning", network), SharingCallback(steps=100), max_steps=1)
    (batch,) = [(PAIRS[:4], TARGETS[:4])]
    optimizer = torch.optim.SGD(twin.parameters(), lr=LR)
    loss_of(twin, batch).backward()
    optimizer.step()
    sites.pull(LR, 100)
    torch.testing.assert_close(network.left[0].weight, twin.left[0].weight)


def test_optimizers_are_left_as_they_were():
    network, _, _ = shared_pair(Soft)
    trainer = fit("pytorch_lightning", make_module("pytorch_lightning", network), SharingCallback())
    assert not trainer.optimizers[0]._optimizer_step_post_hooks


def test_refuses_what_would_train_wrongly():
    with pytest.raises(UserError, match="SharingCallback must be for a module that was shared, got Module"):
        fit("pytorch_lightning", make_module("pytorch_lightning", Siamese()), SharingCallback())
    network, other = Siamese(), Siamese()
    module = make_module("pytorch_lightning", network, optimizer=lambda _, lr: torch.optim.SGD(other.parameters(), lr))
    share(network, network.sites, Independent)
    with pytest.raises(UserError, match="must be shared before its optimizer is made"):
        fit("pytorch_lightning", module, SharingCallback())
    network, _, _ = shared_pair(Soft)
    with pytest.raises(UserError, match="steps must be given to SharingCallback for a training without an end"):
        fit("pytorch_lightning", make_module("pytorch_lightning", network), SharingCallback(), max_epochs=-1)
    with pytest.raises(UserError, match="steps must be an integer >= 1, got 0"):
        SharingCallback(steps=0)
