"""Which weights Lightning validates: those that are trained, or their average."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

SUFFIX = "_averaged"
"""Ends the logged names of what averaged weights gave."""


@contextmanager
def validated_weights(trainer: Any, module: nn.Module) -> Iterator[None]:
    """Put the weights in place that the trainer validates: the average, beside a WeightAveraging callback.

    Args:
        trainer: of either package.
        module: what it trains.
    """
    averaging = _averaging(trainer)
    # In a validation the callback itself has swapped them.
    if averaging is None or trainer.validating:
        yield
        return
    averaging._swap_models(module)
    try:
        yield
    finally:
        averaging._swap_models(module)


def weights_suffix(trainer: Any, module: nn.Module) -> str:
    """Return the suffix of the names for the weights that are measured now.

    Args:
        trainer: of either package.
        module: what it trains.
    """
    if _averaging(trainer) is not None:
        return SUFFIX
    # StochasticWeightAveraging hands its average over at the end of the training.
    averages = [getattr(callback, "_average_model", None) for callback in trainer.callbacks]
    is_average = any(isinstance(average, nn.Module) and _is_equal(average, module) for average in averages)
    return SUFFIX if is_average else ""


def num_averaged(trainer: Any) -> int:
    """Return how many updates the average has had that is validated; 0 without one.

    Args:
        trainer: of either package.
    """
    averaging = _averaging(trainer)
    return 0 if averaging is None else int(averaging._average_model.n_averaged)


def with_suffix(figures: dict[str, Tensor], suffix: str) -> dict[str, Tensor]:
    """Return figures by their names with and without the suffix: callbacks monitor either.

    Example:
        >>> list(with_suffix({"val_nats": torch.tensor(1.0)}, "_averaged"))
        ['val_nats', 'val_nats_averaged']
    """
    return figures | {f"{name}{suffix}": value for name, value in figures.items()}


def _averaging(trainer: Any) -> Any:
    """The callback that swaps the average in for a validation, if there is one."""
    swapping = [callback for callback in trainer.callbacks if hasattr(callback, "_swap_models")]
    return next((callback for callback in swapping if callback._average_model is not None), None)


def _is_equal(average: nn.Module, module: nn.Module) -> bool:
    ones, others = list(average.parameters()), list(module.parameters())
    pairs = zip(ones, others, strict=False)
    return len(ones) == len(others) and all(torch.equal(one.to(other.device), other) for one, other in pairs)
