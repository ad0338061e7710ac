"""Which loaders are read for a split: those that are given, or the trainer's own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pytorch_lightning.utilities import rank_zero_warn
from pytorch_lightning.utilities.seed import isolate_rng
from torch.utils.data import DataLoader, Dataset, IterableDataset

from sharegap.callbacks.batch import describe
from sharegap.callbacks.clean_loader import clean_loader, copied_loader
from sharegap.errors import UserError

SPLITS = ("train", "val")
ENDLESS = 1000
"""How many batches are read of a loader without a length, where nothing else limits them."""


@dataclass
class Source:
    """One loader of a split.

    Args:
        loader: any iterable of batches.
        num_batches: how many of its batches the trainer reads per epoch; None for all.
        is_given: whether the user named it, so that it is read even where it cannot be copied.
    """

    loader: Any
    num_batches: int | float | None = None
    is_given: bool = True


def check_given(option: str, loader: Any) -> None:
    """Refuse what is neither an iterable of batches nor a function that returns one.

    Args:
        option: as the user writes it.
        loader: what it is set to; None is the trainer's own.

    Raises:
        UserError: for a data set, a DataModule and the like.

    Example:
        >>> check_given("train_dataloader", [])
    """
    is_dataset = isinstance(loader, Dataset) and not isinstance(loader, IterableDataset)
    is_loader = isinstance(loader, Iterable) or (callable(loader) and not isinstance(loader, type))
    if loader is not None and (is_dataset or not is_loader):
        raise UserError(f"{option} must be a DataLoader or another iterable of batches, got {describe(loader)}")


def given_sources(loader: Any, option: str, max_batches: int | None) -> dict[str, Source]:
    """Return the sources of loaders that the user gave, by the suffix of their logged names.

    Args:
        loader: one loader, a list or dict of DataLoaders, or a function that returns one of these.
        option: as the user writes it.
        max_batches: how many batches are kept of what can be read once only.
    """
    loader = loader if isinstance(loader, Iterable) else loader()
    if _is_read_once(loader):
        loader = list(islice(loader, max_batches or ENDLESS))
        rank_zero_warn(f"{option} can be read once only: its first {len(loader)} batches are kept in memory")
    # An empty list is a loader without a batch.
    is_list = isinstance(loader, list | tuple) and loader != [] and all(isinstance(part, DataLoader) for part in loader)
    parts = _by_suffix(loader) if isinstance(loader, Mapping) or is_list else {"": loader}
    return {suffix: Source(part) for suffix, part in parts.items()}


def trainer_sources(trainer: Any, split: str) -> dict[str, Source]:
    """Return the sources of the trainer's own loaders of a split, by the suffix of their logged names.

    Args:
        trainer: of either package, in training.
        split: "train" or "val".

    Raises:
        UserError: if it has none that can be read.
    """
    if split == "train":
        loaders = trainer.train_dataloader
    else:
        _make_validation_loaders(trainer)
        loaders = trainer.val_dataloaders
    # A loader is never falsy, an empty list or dict of loaders is.
    parts = {} if loaders is None else _by_suffix(loaders)
    counts = [trainer.num_training_batches] * len(parts) if split == "train" else trainer.num_val_batches
    sources = {suffix: Source(part, count, False) for (suffix, part), count in zip(parts.items(), counts, strict=False)}
    if not sources:
        raise UserError(f"the trainer must have a {split} loader, got none: pass {split}_dataloader=")
    is_nested = any(isinstance(source.loader, Mapping | list | tuple) for source in sources.values())
    if is_nested or any(_is_read_once(source.loader) for source in sources.values()):
        raise UserError(f"the trainer's {split} loader must be one that can be read twice: pass {split}_dataloader=")
    return sources


def read(source: Source, split: str, *, max_batches: int | None, rank: int, world_size: int) -> Iterator[Any]:
    """Yield the batches of a source that this process measures: in a fixed order and each sample once where it can.

    Args:
        source: one loader of the split.
        split: "train" or "val".
        max_batches: how many to read; None for all.
        rank: this process.
        world_size: the number of processes.

    Raises:
        UserError: if reading the trainer's loader would change it.
    """
    loader, shuffle = source.loader, max_batches is not None
    clean = clean_loader(loader, num_batches=source.num_batches, shuffle=shuffle, rank=rank, world_size=world_size)
    if clean is not None:
        yield from islice(clean, max_batches)
        return
    limits = [limit for limit in (max_batches, source.num_batches) if isinstance(limit, int)]
    limit = min(limits, default=None if _has_length(loader) else ENDLESS)
    count = 0
    for batch in islice(_copied(source, split), limit):
        count += 1
        # A CombinedLoader yields (batch, index, loader index).
        yield batch[0] if hasattr(loader, "flattened") else batch
    if not limits and count == limit:
        rank_zero_warn(f"the {split} loader has no length: its first {ENDLESS} batches are measured, or max_batches=")


def _copied(source: Source, split: str) -> Any:
    try:
        return copied_loader(source.loader)
    except Exception as error:
        if source.is_given:
            return source.loader
        name = f"{split}_dataloader"
        raise UserError(f"the trainer's {split} loader must be one that can be copied: pass {name}=") from error


def _by_suffix(loaders: Any) -> dict[str, Any]:
    if isinstance(loaders, Mapping):
        return {f"_{name}": loader for name, loader in loaders.items()}
    if not isinstance(loaders, list | tuple):
        return {"": loaders}
    return {"": loaders[0]} if len(loaders) == 1 else {f"_{i}": loader for i, loader in enumerate(loaders)}


def _has_length(loader: Any) -> bool:
    """Whether it ends: a DataLoader of a stream without a length raises a TypeError."""
    try:
        # A CombinedLoader has none before it is read.
        sizes = [len(part) for part in getattr(loader, "flattened", [loader])]
    except (TypeError, NotImplementedError):
        return False
    return bool(sizes)


def _is_read_once(loader: Any) -> bool:
    """Whether it is a generator or an iterator of Python's own; a class of the user's may begin again."""
    is_python_s = type(loader).__module__ in ("builtins", "itertools")
    return is_python_s and isinstance(loader, Iterator)


def _make_validation_loaders(trainer: Any) -> None:
    """Let Lightning make the validation loaders, which it does late where the first validation is late."""
    if trainer.val_dataloaders is not None:
        return
    stage: Callable[..., Any] = trainer.fit_loop.epoch_loop.val_loop.setup_data
    was_training = trainer.training
    with isolate_rng():
        # The loop is made for the stage of validation.
        trainer.validating = True
        stage()
        trainer.training = was_training
