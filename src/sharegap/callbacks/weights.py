"""Which weights Lightning validates: those that are trained, or their average."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

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
    return SUFFIX if any(average is not None and _is_equal(average, module) for average in averages) else ""


def _averaging(trainer: Any) -> Any:
    """The callback that swaps the average in for a validation, if there is one."""
    swapping = [callback for callback in trainer.callbacks if hasattr(callback, "_swap_models")]
    return next((callback for callback in swapping if callback._average_model is not None), None)


def _is_equal(average: nn.Module, module: nn.Module) -> bool:
    pairs = zip(average.parameters(), module.parameters(), strict=True)
    return all(torch.equal(one.detach().to(other.device), other.detach()) for one, other in pairs)
