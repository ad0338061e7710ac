"""Which metric a function of outputs and targets is: a mean over samples, or a figure of the whole set."""

from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from sharegap.metrics.function_mean import Function, FunctionMean

LOSSES = {"kl_div", "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"}
"""The losses of torch.nn.functional whose name does not end with _loss."""


class FunctionOfSet(Metric):
    """Compute a function of all outputs and targets at once, such as R² or AUROC, which are no means of batches.

    Args:
        function: of outputs and targets, both tensors with samples first.

    Example:
        >>> import torch
        >>> from torchmetrics.functional import r2_score
        >>> metric = FunctionOfSet(r2_score)
        >>> metric.update(torch.tensor([1.0]), torch.tensor([1.0]))
        >>> metric.update(torch.tensor([2.0]), torch.tensor([2.0]))
        >>> metric.compute()
        tensor(1.)
    """

    full_state_update = False
    outputs: list[Tensor]
    targets: list[Tensor]

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function
        for name in ("outputs", "targets"):
            self.add_state(name, [], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        self.outputs.append(outputs)
        self.targets.append(targets)

    def compute(self) -> Any:
        return self.function(dim_zero_cat(self.outputs), dim_zero_cat(self.targets))


def metric_of(function: Function) -> Metric:
    """Return the metric of a function: torchmetrics' own are computed on the whole set, others averaged.

    Args:
        function: of outputs and targets.

    Example:
        >>> metric_of(nn.MSELoss())
        FunctionMean()
    """
    is_of_set = getattr(_base(function), "__module__", "").startswith("torchmetrics.functional")
    return FunctionOfSet(function) if is_of_set else FunctionMean(function)


def direction_of(function: Function) -> bool | None:
    """Return whether higher is better: False for a loss of PyTorch, None where the function does not say it.

    Args:
        function: of outputs and targets; its attribute `higher_is_better` counts.

    Example:
        >>> direction_of(F.cross_entropy)
        False
    """
    function = _base(function)
    name = getattr(function, "__name__", "")
    is_function = (name in LOSSES or name.endswith("_loss")) and getattr(F, name, None) is function
    is_loss = is_function or isinstance(function, nn.modules.loss._Loss)
    return getattr(function, "higher_is_better", False if is_loss else None)


def _base(function: Function) -> Any:
    return function.func if isinstance(function, partial) else function
