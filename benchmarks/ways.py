"""Two other ways to train a run, which the programs here compare fleets with: idiomatic Lightning and a bare loop."""

import time
from collections.abc import Callable, Sequence
from typing import cast

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torchmetrics import Metric

from sharegap.execute.build import build_data, build_objective
from sharegap.plan.run import Run
from sharegap.plan.targets import instantiate
from sharegap.training.datamodule import CURVE_SAMPLES, FleetData
from sharegap.training.objective import Objective

CHUNK = 500  # samples of an evaluation that both ways take at once
SPLITS = ("train", "test", "validation")  # the last decides what a score needs decided

Samples = tuple[Tensor, Tensor]
Pool = Dataset[tuple[Tensor, ...]]
Loader = DataLoader[tuple[Tensor, ...]]


class Idiomatic(LightningModule):
    """One run as a Lightning user would write it; for methods that change neither the batch nor the loss.

    Args:
        run: that is trained.
        splits: what the loaders of an evaluation hold, in their order.
    """

    def __init__(self, run: Run, splits: Sequence[str] = ("validation",)) -> None:
        super().__init__()
        self.run, self.objective, self.splits = run, build_objective(run), splits
        task = self.objective.task
        self.loss, self.train_score = task.loss, task.score()
        self.scores = nn.ModuleList([task.score() for _ in splits])
        self.lr = torch.tensor(run.config["optimizer"]["lr"])

    def training_step(self, batch: Samples, batch_idx: int) -> Tensor:
        x, y = batch
        outputs = self.objective(x)
        loss = self.loss(outputs, y).mean()
        self.log("train_loss", loss)
        # Who evaluates on training samples needs no running score.
        if "train" not in self.splits:
            # That of each batch, as users log it; where it seeks a threshold, it takes about a fifth of the step.
            self.train_score(outputs, y)
            self.log("train_score", self.train_score)
        return loss

    def on_train_batch_end(self, outputs: object, batch: Samples, batch_idx: int) -> None:
        if self.objective.has_after_step:
            self.objective.after_step(self.lr)

    def validation_step(self, batch: Samples, batch_idx: int, dataloader_idx: int = 0) -> None:
        self._evaluate(batch, self.splits[dataloader_idx], cast(Metric, self.scores[dataloader_idx]))

    def test_step(self, batch: Samples, batch_idx: int, dataloader_idx: int = 0) -> None:
        self.validation_step(batch, batch_idx, dataloader_idx)

    def _evaluate(self, batch: Samples, split: str, score: Metric) -> None:
        x, y = batch
        outputs = self.objective(x)
        score(outputs, y)
        self.log(f"{split}/loss", self.loss(outputs, y).mean(), add_dataloader_idx=False)
        self.log(f"{split}/score", score, add_dataloader_idx=False)

    def configure_optimizers(self) -> Optimizer:
        return build_optimizer(self.run, self.objective)


def build_optimizer(run: Run, objective: Objective) -> Optimizer:
    """The one that a fleet of this run uses."""
    options = run.config["optimizer"]
    return instantiate(options["build"])(objective.parameters(), lr=options["lr"])


def make_trainer(run: Run, interval: int, folder: str, accelerator: str = "cpu") -> Trainer:
    """Lightning's Trainer of a run, which evaluates every `interval` steps and logs to `folder`."""
    return Trainer(
        accelerator=accelerator,
        devices=1,
        max_steps=run.config["training"]["steps"],
        val_check_interval=interval,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=interval,
        logger=CSVLogger(folder),
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )


class Loaders:
    """The samples of one run as a Lightning user would load them.

    Args:
        data: of a fleet of this run alone.
    """

    def __init__(self, data: FleetData) -> None:
        pool: Pool = TensorDataset(data.dataset.x, data.dataset.y)
        test: Pool = TensorDataset(data.dataset.x_test, data.dataset.y_test)
        self.batch_size = data.batch_size
        self.samples: dict[str, tuple[Pool, list[int]]] = {
            "train": (pool, data.train_indices[0].tolist()),
            "test": (test, list(range(len(data.dataset.y_test)))),
            "validation": (pool, data.validation_indices[0].tolist()),
        }

    def train(self) -> Loader:
        """Shuffled batches."""
        return DataLoader(Subset(*self.samples["train"]), self.batch_size, shuffle=True, drop_last=True)

    def evaluation(self, splits: Sequence[str]) -> list[Loader]:
        """What is measured during training: of training and test part as many samples as a curve takes."""
        loaders: list[Loader] = []
        for split in splits:
            pool, indices = self.samples[split]
            kept = indices if split == "validation" else indices[:CURVE_SAMPLES]
            loaders.append(DataLoader(Subset(pool, kept), CHUNK))
        return loaders

    def test(self, splits: Sequence[str]) -> list[Loader]:
        """All samples of each split."""
        return [DataLoader(Subset(*self.samples[split]), CHUNK) for split in splits]


class BareLoop:
    """The shortest loop that trains one run, and measures what a fleet measures during training.

    Args:
        run: that is trained.
        device: that holds the samples and the network.
    """

    def __init__(self, run: Run, device: str = "cpu") -> None:
        self.run, self.data, self.objective = run, build_data([run]), build_objective(run).to(device)
        dataset = self.data.dataset
        self.pool = (dataset.x.to(device), dataset.y.to(device))
        self.test_part = (dataset.x_test.to(device), dataset.y_test.to(device))
        self.optimizer = build_optimizer(run, self.objective)
        self.lr = torch.tensor(run.config["optimizer"]["lr"], device=device)

    def train(self) -> None:
        """Take all steps, with the evaluations between them."""
        data, objective, has_after_step = self.data, self.objective, self.objective.has_after_step
        (x, y), indices = self.pool, data.train_indices[0].to(self.lr.device)
        order, at = indices[torch.randperm(len(indices), device=indices.device)], 0
        for step in range(self.run.config["training"]["steps"]):
            if at + data.batch_size > len(order):
                order, at = indices[torch.randperm(len(indices), device=indices.device)], 0
            batch = order[at : at + data.batch_size]
            at += data.batch_size
            self.optimizer.zero_grad()
            objective(x[batch], y[batch]).backward()
            self.optimizer.step()
            if has_after_step:
                objective.after_step(self.lr)
            if (step + 1) % data.interval == 0:
                self.evaluate(CURVE_SAMPLES)

    def test(self) -> list[tuple[float, float]]:
        """Measure the trained network on all samples; return loss and score of each of SPLITS."""
        return self.evaluate(None)

    def evaluate(self, samples: int | None) -> list[tuple[float, float]]:
        """Measure on the first `samples` of training and test part, None: on all, and on the validation samples."""
        (x, y), (x_test, y_test) = self.pool, self.test_part
        train, validation = self.data.train_indices[0][:samples], self.data.validation_indices[0]
        # In the order of SPLITS.
        parts = [(x[train], y[train]), (x_test[:samples], y_test[:samples]), (x[validation], y[validation])]
        return bare_evaluation(self.objective, parts)


@torch.no_grad()
def bare_evaluation(objective: Objective, parts: Sequence[Samples]) -> list[tuple[float, float]]:
    """Loss and score on each of `parts`, (x, y); the last decides what the score needs decided."""
    objective.eval()
    losses, scores = [], []
    for x, y in parts:
        loss, score = torch.zeros((), device=x.device), objective.task.score().to(x.device)
        for inputs, targets in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
            outputs = objective(inputs)
            loss += objective.task.loss(outputs, targets).sum()
            score.update(outputs, targets)
        losses.append(float(loss) / len(y))
        scores.append(score)
    objective.train()
    calibration = objective.task.calibrate(scores[-1])
    return [(loss, float(score.compute(**calibration))) for loss, score in zip(losses, scores, strict=True)]


def seconds_of(action: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
