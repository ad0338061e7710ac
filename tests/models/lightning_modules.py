"""A LightningModule as users write it, of either package: nothing of sharegap in it."""

from importlib import import_module

import torch
from torch import nn
from torch.nn import functional as F

from tests.models.user_modules import ResNet


def make_module(package="pytorch_lightning", lr=0.01, dropout=0.0, penalty=0.0, manual=False, accepts="images"):
    """A residual network for (1, 40), with an optimizer, a schedule and a loss of its own."""
    lightning = import_module(package)

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network, self.dropout = ResNet(), nn.Dropout(dropout)
            self.automatic_optimization = not manual
            self.batches = []

        def forward(self, x):
            return self.network(self.dropout(x))

        def training_step(self, batch, batch_idx):
            x, y = batch if accepts == "images" else (batch["image"], batch["label"])
            if self.batches is not None:
                self.batches.append((self.current_epoch, batch_idx, x.detach().clone()))
            squares = sum(p.square().sum() for name, p in self.named_parameters() if "bias" not in name)
            loss = F.cross_entropy(self(x), y, label_smoothing=0.1) + penalty * squares / 2
            if manual:
                self.manual_backward(loss)
                self.optimizers().step()
                self.optimizers().zero_grad()
            return loss

        def validation_step(self, batch, batch_idx):
            x, y = batch
            self.log("val_loss", F.cross_entropy(self(x), y))

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=lr)
            return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]

    return Classifier()
