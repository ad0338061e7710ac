"""Functions of outputs and targets as torchmetrics metrics, weighted by what they count."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import Metric

from sharegap.errors import UserError

Function = Callable[[Any, Any], Any]
CLASS_WEIGHTED = (F.cross_entropy, F.nll_loss, nn.CrossEntropyLoss, nn.NLLLoss)


class WeightedMean(Metric):
    """Average values in double precision: the sum of the totals by the sum of the counts.

    Example:
        >>> mean = WeightedMean()
        >>> mean.update(6.0, 2)
        >>> mean.update(9.0, 1)
        >>> mean.compute()
        tensor(5., dtype=torch.float64)
    """

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("total", "count"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, total: Any, count: Any) -> None:
        """Add a total of `count` values, both scalars; nothing where `count` is 0."""
        total = torch.as_tensor(total, dtype=torch.float64, device=self.total.device)
        count = torch.as_tensor(count, dtype=torch.float64, device=self.total.device)
        # The mean of a batch that is all padding is NaN.
        self.total = self.total + torch.where(count > 0, total, 0.0)
        self.count = self.count + count

    def compute(self) -> Tensor:
        return self.total / self.count


class FunctionMean(WeightedMean):
    """Average a function of outputs and targets over what it counts.

    Targets that are integers and equal the function's `ignore_index`, by default −100, are not counted.

    Args:
        function: returns a value per element, their mean, or (total, count). It is never copied, so that a module's
            parameters stay those that are trained.

    Example:
        >>> metric = FunctionMean(F.cross_entropy)
        >>> metric.update(torch.zeros(3, 2), torch.tensor([0, 1, -100]))
        >>> metric.count
        tensor(2., dtype=torch.float64)
    """

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.reference = _Reference(function)

    def update(self, outputs: Any, targets: Any, weights: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            outputs: what the function takes first.
            targets: what it takes second.
            weights: of the samples, (batch,), or of the function's values.

        Raises:
            UserError: if the weights fit neither.
        """
        function = self.reference.function
        value = function(outputs, targets)
        if isinstance(value, tuple):
            if weights is not None:
                raise UserError("weight must be left out beside a function that returns (total, count)")
            super().update(*value)
            return
        value = torch.as_tensor(value)
        if value.ndim:
            counts = _element_weights(value, targets, weights, option_of(function, "ignore_index", -100))
            # An ignored element's value may be NaN.
            values = torch.where(counts != 0, value.reshape(counts.shape).double(), 0.0)
            super().update((counts * values).sum(), counts.sum())
            return
        count = _mean_weight(function, outputs, targets) if weights is None else weights.sum()
        super().update(value if option_of(function, "reduction", "mean") == "sum" else value * count, count)


class _Reference:
    """A function that deepcopy leaves alone: the copy of a module, or of a method's module, would not be trained."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Reference":
        return self


def option_of(function: Function, name: str, default: Any) -> Any:
    """An option of a loss, which a partial or a module of PyTorch tells."""
    keywords = function.keywords if isinstance(function, partial) else {}
    return keywords.get(name, getattr(function, name, default))


def _element_weights(values: Tensor, targets: Any, weights: Tensor | None, ignored: int) -> Tensor:
    """How much each value counts, in double precision."""
    counts = torch.ones_like(values, dtype=torch.float64)
    if weights is not None:
        weights = weights.reshape(values.shape) if weights.numel() == values.numel() else weights
        missing = values.ndim - weights.ndim
        if missing < 0 or weights.shape != values.shape[: weights.ndim]:
            shapes = f"{tuple(values.shape)}, got {tuple(weights.shape)}"
            raise UserError(f"weight must return one weight per sample, or one per value of the shape {shapes}")
        counts = counts * weights.reshape(*weights.shape, *[1] * missing)
    if isinstance(targets, Tensor) and targets.numel() == values.numel() and not targets.is_floating_point():
        is_ignored = (targets == ignored).reshape(values.shape)
        # The value of an ignored target is 0: another one is a value of its own, e.g. in a regression.
        counts = torch.where(is_ignored & (values == 0), 0.0, counts)
    return counts


def _mean_weight(function: Function, outputs: Any, targets: Any) -> Tensor | int:
    """How many values a mean is taken over; by class weights, where a loss of PyTorch has them."""
    ignored = option_of(function, "ignore_index", -100)
    base = function.func if isinstance(function, partial) else function
    has_classes = base in CLASS_WEIGHTED or isinstance(base, CLASS_WEIGHTED[2:])
    class_weights = option_of(function, "weight", None) if has_classes else None
    if isinstance(targets, Tensor) and targets.numel():
        # Class probabilities are floating point: their mean is over samples, weighted or not.
        if targets.is_floating_point():
            return targets.numel()
        counted = targets != ignored
        return counted.sum() if class_weights is None else class_weights[targets[counted]].sum()
    return num_samples(targets) or num_samples(outputs) or 1


def num_samples(batch: Any) -> int:
    """Return the size of the first dimension of the first tensor in a batch, 0 if there is none.

    Example:
        >>> num_samples({"names": ["a", "b"], "x": [torch.zeros(2, 5)]})
        2
    """
    if isinstance(batch, Tensor):
        return len(batch) if batch.ndim else 0
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    sizes = [num_samples(part) for part in batch] if isinstance(batch, list | tuple) else []
    return next((size for size in sizes if size), 0)
