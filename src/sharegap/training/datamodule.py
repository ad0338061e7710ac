"""The batches of a fleet: data that stay on the device, indexed by each run in an order of its own."""

from collections.abc import Callable, Iterator, Sequence

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.split import split
from sharegap.errors import UserError
from sharegap.seeding import derive_seed

Batch = tuple[Tensor, Tensor]
EVALUATION_SAMPLES = 8000  # of all runs at once: more make tensors too large to be reused, fewer pay more calls
CURVE_SAMPLES = 1000
"""Training samples that are measured during training; a split is stratified in its order, so its first ones are too."""


class TrainBatches:
    """The training batches from one evaluation to the next, as (x, y) of (runs, batch, ...).

    The batch of a step depends on each run's seed and the step alone, so a resumed fleet goes on where it was.
    Every epoch is a new order of the samples; what does not fill a batch waits for another epoch.
    """

    def __init__(
        self,
        samples: Batch,
        indices: Tensor,
        seeds: Sequence[int],
        batch_size: int,
        steps: int,
        first_step: Callable[[], int],
        part: slice,
    ) -> None:
        self.samples, self.indices, self.seeds = samples, indices, seeds
        self.batch_size, self.steps, self.first_step, self.part = batch_size, steps, first_step, part

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Batch]:
        x, y = self.samples
        per_epoch = self.indices.shape[1] // self.batch_size
        epoch, order = -1, self.indices
        for step in range(self.first_step(), self.first_step() + self.steps):
            if step // per_epoch != epoch:
                epoch = step // per_epoch
                order = self._order(epoch)
            start = step % per_epoch * self.batch_size
            batch = order[:, start : start + self.batch_size][:, self.part]
            yield x[batch], y[batch]

    def _order(self, epoch: int) -> Tensor:
        n = self.indices.shape[1]
        orders = [
            torch.randperm(n, generator=torch.Generator().manual_seed(derive_seed(s, "order", epoch)))
            for s in self.seeds
        ]
        return self.indices.gather(1, torch.stack(orders).to(self.indices.device))


class EvaluationBatches:
    """Each run's samples of one part in a fixed order; `indices` is (runs, samples), or (1, samples) for all."""

    def __init__(self, samples: Batch, indices: Tensor, runs: int, part: slice) -> None:
        self.samples, self.indices, self.runs = samples, indices[:, part], runs
        self.batch_size = max(1, EVALUATION_SAMPLES // runs)

    def __len__(self) -> int:
        return -(-self.indices.shape[1] // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        x, y = self.samples
        for batch in self.indices.split(self.batch_size, dim=1):
            yield x[batch].expand(self.runs, *(-1,) * x.dim()), y[batch].expand(self.runs, *(-1,) * y.dim())


class FleetData(LightningDataModule):
    """The training, validation and test samples of every run of a fleet; runs share the tensors.

    `parts` names the loaders of an evaluation, in their order; without validation samples it has no such part.
    """

    def __init__(
        self, dataset: Dataset, seeds: Sequence[int], n_train: int, n_validation: int, batch_size: int, interval: int
    ) -> None:
        super().__init__()
        self.dataset, self.seeds = dataset, seeds
        self.batch_size, self.interval = min(batch_size, n_train), interval
        splits = [split(dataset, seed, n_train, n_validation) for seed in seeds]
        self.train_indices = torch.stack([torch.from_numpy(train) for train, _ in splits])
        self.validation_indices = torch.stack([torch.from_numpy(validation) for _, validation in splits])
        self.fit_parts = ["train", "validation"] if n_validation else ["train"]
        self.test_parts = [*self.fit_parts, "test"]

    def setup(self, stage: str) -> None:
        assert self.trainer is not None
        strategy = self.trainer.strategy
        if self.batch_size % self.trainer.world_size:
            raise UserError(
                f"a batch of {self.batch_size} cannot be split evenly over {self.trainer.world_size} processes: "
                "choose training.batch_size a multiple of trainer.devices"
            )
        self.part = slice(self.trainer.global_rank, None, self.trainer.world_size)
        device = strategy.root_device
        data = self.dataset
        self.pool = (data.x.to(device), data.y.to(device))
        self.test = (data.x_test.to(device), data.y_test.to(device))
        self.train_indices = self.train_indices.to(device)
        self.validation_indices = self.validation_indices.to(device)

    def train_dataloader(self) -> TrainBatches:
        trainer = self.trainer
        assert trainer is not None
        return TrainBatches(
            self.pool,
            self.train_indices,
            self.seeds,
            self.batch_size,
            self.interval,
            lambda: trainer.global_step,
            self.part,
        )

    def val_dataloader(self) -> list[EvaluationBatches]:
        return self._evaluations(self.fit_parts, train=self.train_indices[:, :CURVE_SAMPLES])

    def test_dataloader(self) -> list[EvaluationBatches]:
        return self._evaluations(self.test_parts, train=self.train_indices)

    def _evaluations(self, parts: Sequence[str], train: Tensor) -> list[EvaluationBatches]:
        everything = torch.arange(len(self.test[1]), device=train.device).unsqueeze(0)
        sources = {
            "train": (self.pool, train),
            "validation": (self.pool, self.validation_indices),
            "test": (self.test, everything),
        }
        return [EvaluationBatches(*sources[part], len(self.seeds), self.part) for part in parts]
