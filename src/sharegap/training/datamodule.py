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

EVALUATION_SAMPLES = {"cpu": 8000, "cuda": 64_000}
"""Of all runs at once: more make tensors that do not fit a processor's cache, or take room; fewer cost more calls."""

CURVE_SAMPLES = 1000
"""Training samples, and test samples, measured during training."""


class Stretch:
    """The number of steps from the trainer's step to the next evaluation, as the one batch of an epoch.

    Args:
        interval: steps from one evaluation to the next.
        step: returns how many steps were taken.
    """

    def __init__(self, interval: int, step: Callable[[], int]) -> None:
        self.interval, self.step = interval, step

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[int]:
        yield self.interval - self.step() % self.interval


def order_samples(seed: int, n_train: int, batch_size: int, steps: int) -> Tensor:
    """Return which training samples each step of a run trains on, (steps, batch).

    It depends on the seed alone, so a fleet resumes where it stopped. Every epoch is a new order of the samples. What
    does not fill a batch waits for another epoch.
    """
    generator = torch.Generator().manual_seed(derive_seed(seed, "order"))
    steps_per_epoch = n_train // batch_size
    epochs = []
    for _ in range(-(-steps // steps_per_epoch)):
        order = torch.randperm(n_train, generator=generator)
        epochs.append(order[: steps_per_epoch * batch_size].view(steps_per_epoch, batch_size))
    return torch.cat(epochs)[:steps]


class EvaluationBatches:
    """Each run's samples of one split in a fixed order, as (x, y) of (runs, batch, ...).

    Args:
        samples: x and y.
        indices: (runs, samples), or (1, samples) for all runs.
        runs: how many.
        share: of the samples, what this process evaluates.
    """

    def __init__(self, samples: Batch, indices: Tensor, runs: int, share: slice) -> None:
        self.samples, self.indices, self.runs = samples, indices[:, share], runs
        most = EVALUATION_SAMPLES.get(samples[0].device.type, EVALUATION_SAMPLES["cpu"])
        y = samples[1]
        # A block of text, with a target at each place, is as large as many samples.
        targets = 1 if y.is_floating_point() else y[0].numel()
        self.batch_size = max(1, most // (runs * targets))

    def __len__(self) -> int:
        return -(-self.indices.shape[1] // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        x, y = self.samples
        for batch in self.indices.split(self.batch_size, dim=1):
            yield x[batch].expand(self.runs, *(-1,) * x.dim()), y[batch].expand(self.runs, *(-1,) * y.dim())


class FleetData(LightningDataModule):
    """The training, validation and test samples of every run of a fleet; runs share the tensors.

    Where runs have data sets of their own, these lie one after the other in the shared tensors. Each run still has its
    own samples only.

    Args:
        datasets: what each run draws its samples from: one for all, or of equal sizes.
        seeds: of the runs.
        n_train: training samples of each run.
        n_validation: validation samples of each run; without any there is no such split.
        batch_size: of each run.
        steps: of the training.
        interval: steps from one evaluation to the next.
    """

    def __init__(
        self,
        datasets: Sequence[Dataset],
        seeds: Sequence[int],
        *,
        n_train: int,
        n_validation: int,
        batch_size: int,
        steps: int,
        interval: int,
    ) -> None:
        super().__init__()
        self.dataset, self.seeds = datasets[0], seeds
        self.batch_size, self.interval = min(batch_size, n_train), interval
        # By identity: a data set is large, and loaded once.
        self.draws = list({id(dataset): dataset for dataset in datasets}.values())
        places = {id(dataset): place for place, dataset in enumerate(self.draws)}
        train, validation, test = [], [], []
        for dataset, seed in zip(datasets, seeds, strict=True):
            train_indices, validation_indices = split(dataset, seed, n_train, n_validation)
            first, first_test = places[id(dataset)] * len(dataset.y), places[id(dataset)] * len(dataset.y_test)
            train.append(first + torch.from_numpy(train_indices))
            validation.append(first + torch.from_numpy(validation_indices))
            test.append(first_test + torch.arange(len(dataset.y_test)))
        self.train_indices, self.validation_indices = torch.stack(train), torch.stack(validation)
        orders = []
        for seed, indices in zip(seeds, self.train_indices, strict=True):
            orders.append(indices[order_samples(seed, n_train, self.batch_size, steps)])
        self.train_order = torch.stack(orders, 1)
        # One row serves all runs of one data set, whose test part is then gathered once.
        self.test_indices = torch.stack(test if len(self.draws) > 1 else test[:1])
        self.splits = ["train", "validation", "test"] if n_validation else ["train", "test"]

    def setup(self, stage: str) -> None:
        """Move all samples to the device, and take this process's share of each batch."""
        assert self.trainer is not None
        if self.batch_size % self.trainer.world_size:
            raise UserError(
                f"training.batch_size must be a multiple of the {self.trainer.world_size} processes, "
                f"got {self.batch_size}"
            )
        self.share = slice(self.trainer.global_rank, None, self.trainer.world_size)
        device = self.trainer.strategy.root_device
        self.pool = (self._join("x").to(device), self._join("y").to(device))
        self.test = (self._join("x_test").to(device), self._join("y_test").to(device))
        self.train_indices = self.train_indices.to(device)
        self.train_order = self.train_order[..., self.share].to(device)
        self.validation_indices = self.validation_indices.to(device)
        self.test_indices = self.test_indices.to(device)

    def _join(self, part: str) -> Tensor:
        """One tensor of all draws, one after the other; of a single draw without a copy."""
        tensors = [getattr(draw, part) for draw in self.draws]
        return tensors[0] if len(tensors) == 1 else torch.cat(tensors)

    def train_dataloader(self) -> Stretch:
        """The steps from the fleet's to the next evaluation; it takes its batches from `train_order` itself."""
        assert self.trainer is not None
        module = self.trainer.lightning_module
        return Stretch(self.interval, lambda: module.global_step)

    def val_dataloader(self) -> list[EvaluationBatches]:
        """All splits in the order of `splits`, of training and test part as many samples as a curve takes."""
        # A split is stratified in its order, so its first samples are too. A test part may be in any order.
        order = torch.randperm(self.test_indices.shape[1], generator=torch.Generator().manual_seed(0))
        test_indices = self.test_indices[:, order[:CURVE_SAMPLES].to(self.test_indices.device)]
        return self._evaluation_batches(self.train_indices[:, :CURVE_SAMPLES], test_indices)

    def test_dataloader(self) -> list[EvaluationBatches]:
        """All splits in the order of `splits`."""
        return self._evaluation_batches(self.train_indices, self.test_indices)

    def _evaluation_batches(self, train_indices: Tensor, test_indices: Tensor) -> list[EvaluationBatches]:
        sources = {
            "train": (self.pool, train_indices),
            "validation": (self.pool, self.validation_indices),
            "test": (self.test, test_indices),
        }
        return [EvaluationBatches(*sources[name], len(self.seeds), self.share) for name in self.splits]
