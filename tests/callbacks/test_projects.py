"""Six kinds of public projects, each as a small plain module: the gap agrees with what is computed by hand."""

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MaxMetric, MeanMetric
from torchmetrics.classification import MulticlassAccuracy

from sharegap import GapMonitor
from tests.callbacks.user_training import fit, small

torch.manual_seed(0)


def split(*tensors):
    """Loaders of the first ten and the last six samples, in batches of four."""
    data = TensorDataset(*tensors)
    return [DataLoader(torch.utils.data.Subset(data, part), 4) for part in (range(10), range(10, 16))]


def gap_of(tmp_path, module, monitor, train, val):
    return fit(tmp_path, module, monitor, train=train, val=val, max_epochs=1).callback_metrics


def by_hand(module, function, tensors):
    module.eval()
    with torch.no_grad():
        parts = [[tensor[part] for tensor in tensors] for part in (slice(10), slice(10, 16))]
        return [function(module, *part).item() for part in parts]


IMAGES, DIGITS = torch.randn(16, 1, 8, 8), torch.randint(3, (16,))


def test_template_of_lightning_and_hydra(tmp_path):
    """Metrics are children of the module, shared by the steps, logged as objects; the best one at the end."""

    class Template(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
            self.criterion = nn.CrossEntropyLoss()
            self.train_acc, self.val_acc = (MulticlassAccuracy(3, average="micro") for _ in range(2))
            self.train_loss, self.val_loss, self.val_acc_best = MeanMetric(), MeanMetric(), MaxMetric()

        def model_step(self, batch):
            x, y = batch
            logits = self.net(x)
            return self.criterion(logits, y), logits.argmax(1), y

        def training_step(self, batch, batch_idx):
            loss, predictions, y = self.model_step(batch)
            self.train_loss(loss)
            self.train_acc(predictions, y)
            self.log("train/loss", self.train_loss, on_step=False, on_epoch=True)
            self.log("train/acc", self.train_acc, on_step=False, on_epoch=True)
            return loss

        def validation_step(self, batch, batch_idx):
            loss, predictions, y = self.model_step(batch)
            self.val_loss(loss)
            self.val_acc(predictions, y)
            self.log("val/acc", self.val_acc, on_step=False, on_epoch=True)

        def on_validation_epoch_end(self):
            self.val_acc_best(self.val_acc.compute())
            self.log("val/acc_best", self.val_acc_best.compute(), sync_dist=True)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    loaders = split(IMAGES, DIGITS)
    module = Template()
    logged = gap_of(
        tmp_path, module, GapMonitor(measure="validation_step", higher_is_better={"val/acc": True}), *loaders
    )
    train, val = by_hand(module, lambda net, x, y: (net.net(x).argmax(1) == y).double().mean(), (IMAGES, DIGITS))
    assert logged["gap_val/acc"].item() == pytest.approx(train - val)
    assert logged["val/acc"].item() == logged["val/acc_best"].item() == pytest.approx(val)


class TinyGPT(nn.Module):
    """Tokens to logits and the loss, where targets are given; the head is the embedding."""

    def __init__(self, tokens=7, width=8):
        super().__init__()
        self.embed, self.position = nn.Embedding(tokens, width), nn.Parameter(torch.zeros(6, width))
        self.block = nn.TransformerEncoderLayer(width, 2, 16, batch_first=True)
        self.head = nn.Linear(width, tokens, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens, targets=None):
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        logits = self.head(self.block(self.embed(tokens) + self.position, mask))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def test_gpt_counts_tokens(tmp_path):
    """(logits, loss) come out; padding is left out of the loss."""
    tokens = torch.randint(7, (16, 6))
    targets = tokens.roll(-1, 1)
    targets[3:12, 2:] = -100
    module = small(
        net=TinyGPT(),
        forward=lambda self, *batch: self.net(*batch),
        training_step=lambda self, batch, i: self(*batch)[1],
    )
    monitor = GapMonitor({"nats": F.cross_entropy}, predict=lambda gpt, batch: (gpt(batch[0])[0].mT, batch[1]))
    logged = gap_of(tmp_path, module, monitor, *split(tokens, targets))
    train, val = by_hand(module, lambda gpt, x, y: gpt(x, y)[1], (tokens, targets))
    assert logged["train_nats"].item() == pytest.approx(train, abs=1e-6)
    assert logged["gap_nats"].item() == pytest.approx(val - train, abs=1e-6)


class TinyVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(64, 6), nn.Linear(3, 64)

    def forward(self, x):
        mean, log_variance = self.encode(x.flatten(1)).chunk(2, 1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp() if self.training else mean
        return self.decode(z), x, mean, log_variance


def vae_loss(outputs, inputs):
    """Per sample: the squared error and the divergence from the prior."""
    reconstruction, _, mean, log_variance = outputs
    error = (reconstruction - inputs.flatten(1)).square().sum(1)
    return error + 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)


def test_vae_is_its_own_target(tmp_path):
    module = small(net=TinyVAE(), training_step=lambda self, batch, i: vae_loss(self(batch[0]), batch[0]).mean() / 1000)
    monitor = GapMonitor({"elbo": vae_loss}, targets=lambda batch: batch[0], higher_is_better=False)
    logged = gap_of(tmp_path, module, monitor, *split(IMAGES, DIGITS))
    train, val = by_hand(module, lambda vae, x: vae_loss(vae(x), x).mean(), (IMAGES,))
    assert logged["gap_elbo"].item() == pytest.approx(val - train, rel=1e-4)


class TinyResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.block, self.head = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(4, 3)

    def forward(self, x):
        x = self.norm(self.stem(x)).relu()
        return self.head((x + self.block(x).relu()).mean((2, 3)))


def test_resnet_without_augmentation(tmp_path):
    """The training's loader augments; a clean one is given. The batch norm's statistics stay those of the training."""
    augmented = [DataLoader([(x.flip(1) + 1, y) for x, y in zip(IMAGES[:10], DIGITS[:10], strict=True)], 4)]
    clean, val = split(IMAGES, DIGITS)
    module, alone = (torch.manual_seed(0) and small(net=TinyResNet()) for _ in range(2))
    monitor = GapMonitor({"nats": nn.CrossEntropyLoss(label_smoothing=0.1)}, train_dataloader=clean)
    logged = gap_of(tmp_path, module, monitor, augmented[0], val)
    fit(tmp_path, alone, train=augmented[0], val=val, max_epochs=1)
    assert all(
        torch.equal(*pair) for pair in zip(module.state_dict().values(), alone.state_dict().values(), strict=True)
    )
    train, validation = by_hand(
        module, lambda net, x, y: F.cross_entropy(net(x), y, label_smoothing=0.1), (IMAGES, DIGITS)
    )
    assert logged["gap_nats"].item() == pytest.approx(validation - train, abs=1e-6)


def test_siamese_net(tmp_path):
    """Two inputs, one tower; outputs are distances."""
    pairs, same = torch.randn(16, 2, 6), torch.randint(2, (16,)).float()
    left, right = pairs.unbind(1)

    def forward(self, left, right):
        return (self.net(left) - self.net(right)).square().sum(1)

    def contrastive(distance, same):
        return same * distance + (1 - same) * (1 - distance).relu()

    module = small(forward=forward, training_step=lambda self, batch, i: contrastive(self(*batch[:2]), batch[2]).mean())
    monitor = GapMonitor(
        {"loss": contrastive},
        inputs=lambda batch: tuple(batch[:2]),
        targets=lambda batch: batch[2],
        higher_is_better=False,
    )
    logged = gap_of(tmp_path, module, monitor, *split(left, right, same))
    train, val = by_hand(module, lambda net, x, y, z: contrastive(net(x, y), z).mean(), (left, right, same))
    assert logged["gap_loss"].item() == pytest.approx(val - train, abs=1e-6)


def test_multi_task_module(tmp_path):
    """Batches, outputs and targets are dicts; each task has a metric, and the loss learned weights."""
    x, size = torch.randn(16, 6), torch.randn(16)
    rows = [{"x": x[i], "digit": DIGITS[i], "size": size[i]} for i in range(16)]
    loaders = [DataLoader(rows[:10], 4), DataLoader(rows[10:], 4)]

    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.log_variance = nn.Parameter(torch.zeros(2))

        def forward(self, outputs, batch):
            losses = [F.cross_entropy(outputs["digit"], batch["digit"]), F.mse_loss(outputs["size"], batch["size"])]
            return (torch.stack(losses) * (-self.log_variance).exp() + self.log_variance).sum()

    def forward(self, x):
        digit, size = self.net(x).split([3, 1], 1)
        return {"digit": digit, "size": size[:, 0]}

    step = {"training_step": lambda self, batch, i: self.criterion(self(batch["x"]), batch)}
    module = small(net=nn.Linear(6, 4), forward=forward, **step)
    module.criterion = Weighted()
    metrics = {
        "loss": module.criterion,
        "size": lambda outputs, batch: (outputs["size"] - batch["size"]).square(),
        "digit": lambda outputs, batch: (outputs["digit"].argmax(1) == batch["digit"]).double(),
    }
    directions = {"loss": False, "size": False, "digit": True}
    options = {"inputs": lambda batch: batch["x"], "targets": lambda batch: batch}
    logged = gap_of(tmp_path, module, GapMonitor(metrics, higher_is_better=directions, **options), *loaders)
    for name, function in metrics.items():
        train, val = by_hand(
            module,
            lambda net, x, y, z, f=function: f(net(x), {"digit": y, "size": z}).mean(),
            (x, DIGITS, size),
        )
        difference = train - val if directions[name] else val - train
        assert logged[f"gap_{name}"].item() == pytest.approx(difference, abs=1e-5)
