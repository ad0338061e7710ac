"""Loaders that read the trainer's data and leave its own loaders alone."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
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
        The loader, or None if the samples of `loader` cannot be told: it is no DataLoader or a subclass, streams, or
        has a custom sampler.
    """
    # The exact type: a subclass may change batches as it yields them.
    if type(loader) is not DataLoader or isinstance(loader.dataset, IterableDataset):
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


def copied_loader(loader: Any) -> Any:
    """Copy a loader with its samplers, generators and attributes, so that reading the copy leaves it as it is.

    Args:
        loader: any iterable of batches. Data sets, tensors and arrays that it holds are shared; a stream that this
            process reads is copied, too.

    Raises:
        TypeError: or another error of copying, if the loader holds what cannot be copied, such as a generator.
    """
    if isinstance(loader, list | tuple):
        return loader
    memo: dict[int, Any] = {}
    for part in (loader, *getattr(loader, "flattened", ())):
        attributes = getattr(part, "__dict__", {})
        memo |= {id(value): value for value in attributes.values() if _is_shared(value, attributes)}
        # Workers belong to the iterator that started them; the copy starts its own.
        memo[id(attributes.get("_iterator"))] = None
    return copy.deepcopy(loader, memo)


def _is_shared(value: Any, attributes: dict[str, Any]) -> bool:
    is_stream = isinstance(value, IterableDataset) and not attributes.get("num_workers")
    return isinstance(value, Dataset | Tensor | np.ndarray) and not is_stream
