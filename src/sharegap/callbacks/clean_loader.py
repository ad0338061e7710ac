"""DataLoaders that read the trainer's data in a fixed order and leave its own loaders alone."""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
)

SOURCE_ATTRIBUTES = {
    SequentialSampler: "data_source",
    RandomSampler: "data_source",
    SubsetRandomSampler: "indices",
    DistributedSampler: "dataset",
}
"""Where each sampler holds what it samples from. Other samplers may leave out samples in ways that cannot be read."""


def trainer_loader(trainer: pl.Trainer, split: str) -> tuple[Any, int | float | None]:
    """Return the trainer's loader of a split, and how many of its batches the trainer reads per epoch.

    Args:
        trainer: in training.
        split: "train", or "test" for the validation loader.
    """
    if split == "train":
        return trainer.train_dataloader, trainer.num_training_batches
    loaders: Any = trainer.val_dataloaders
    if isinstance(loaders, list) and len(loaders) == 1:
        loaders = loaders[0]
    return loaders, sum(trainer.num_val_batches)


def clean_loader(
    loader: Any, *, num_batches: int | float | None, shuffle: bool, rank: int, world_size: int
) -> DataLoader[Any] | None:
    """Make a loader of this process's share of the samples in a fixed order, each sample once.

    Args:
        loader: any iterable of batches.
        num_batches: after how many batches the trainer cuts an unshuffled loader; None for all.
        shuffle: whether to use a random order, the same each time, so that a few batches are a fair sample.
        rank: this process.
        world_size: the number of processes.

    Returns:
        The loader, or None if the samples of `loader` cannot be told: it is no DataLoader, streams, or has a custom
        sampler.
    """
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return None
    batch_sampler = loader.batch_sampler
    if batch_sampler is not None and type(batch_sampler) is not BatchSampler:
        return None
    sampler: Any = loader.sampler if batch_sampler is None else batch_sampler.sampler
    batch_size = None if batch_sampler is None else batch_sampler.batch_size
    # The exact type: a subclass may draw differently.
    if type(sampler) not in SOURCE_ATTRIBUTES:
        return None
    source = getattr(sampler, SOURCE_ATTRIBUTES[type(sampler)])
    indices: Sequence[int] = source if type(sampler) is SubsetRandomSampler else range(len(source))
    is_shuffled = type(sampler) in (RandomSampler, SubsetRandomSampler) or getattr(sampler, "shuffle", False)
    if isinstance(num_batches, int) and not is_shuffled:
        # A shuffled loader that is cut still reaches all samples over the epochs, an unshuffled one never does.
        indices = indices[: num_batches * (batch_size or 1) * world_size]
    if shuffle:
        order = torch.randperm(len(indices), generator=torch.Generator().manual_seed(0))
        indices = [indices[position] for position in order.tolist()]
    return DataLoader(
        loader.dataset,
        batch_size=batch_size,
        sampler=indices[rank::world_size],
        collate_fn=loader.collate_fn,
        num_workers=loader.num_workers,
        pin_memory=loader.pin_memory,
        timeout=loader.timeout,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=loader.multiprocessing_context,
        generator=torch.Generator(),  # workers' seeds are drawn from it, not from the training's generator
    )
