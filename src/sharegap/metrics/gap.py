"""The generalization gap of any metric."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.wrappers.abstract import WrapperMetric

from sharegap.errors import UserError, unknown_name


class GeneralizationGap(WrapperMetric):
    """Measure a metric on training and test samples, and how much better it is on the former.

    The gap is train − test if higher is better, else test − train (Jiang et al. 2019, for accuracy). It is meaningful
    only if both splits are measured at the same weights, in eval mode, on clean data.

    It is a torchmetrics metric itself: it can be reset, cloned, moved, saved, put into a `MetricCollection`, and is
    reduced over processes. A call returns {split: the metric of this batch}.

    Args:
        metric: any torchmetrics metric that computes tensors, or a dict of tensors. It is copied twice, as `on_train`
            and `on_test`.
        higher_is_better: the direction; by default that of `metric`.

    Raises:
        UserError: if `metric` is no torchmetrics metric, or neither argument gives the direction.

    Example:
        >>> import torch
        >>> from torchmetrics.classification import BinaryAccuracy
        >>> gap = GeneralizationGap(BinaryAccuracy())
        >>> gap.update(torch.tensor([1, 0]), torch.tensor([1, 0]), split="train")
        >>> gap.update(torch.tensor([1, 0]), torch.tensor([1, 1]), split="test")
        >>> gap.compute()
        {'train': tensor(1.), 'test': tensor(0.5000), 'gap': tensor(0.5000)}
    """

    def __init__(self, metric: Metric, higher_is_better: bool | None = None) -> None:
        super().__init__()
        if not isinstance(metric, Metric):
            raise UserError(
                f"metric must be a torchmetrics metric, got a {type(metric).__name__}: "
                "give each metric of a collection its own GeneralizationGap"
            )
        if higher_is_better not in (True, False, None):
            raise UserError(f"higher_is_better must be True or False, got {higher_is_better!r}")
        direction = metric.higher_is_better if higher_is_better is None else higher_is_better
        if direction is None:
            raise UserError(f"higher_is_better must be True or False for {type(metric).__name__}, got None")
        self.sign = 1 if direction else -1
        self.on_train, self.on_test = metric.clone(), metric.clone()
        # The given metric may hold samples, which the clones have copied.
        self.reset()

    def _metric_of(self, split: str) -> Metric:
        metrics = {"train": self.on_train, "test": self.on_test}
        if split not in metrics:
            raise unknown_name("split", split, metrics)
        return metrics[split]

    def update(self, *args: Any, split: str, **kwargs: Any) -> None:
        """Add a batch.

        Args:
            args: what the metric takes, usually outputs and targets.
            split: "train" or "test".
            kwargs: what the metric takes by name.

        Raises:
            UserError: for another split.
        """
        metric = self._metric_of(split)
        metric.update(*args, **metric._filter_kwargs(**kwargs))

    def forward(self, *args: Any, split: str, **kwargs: Any) -> dict[str, Any]:
        metric = self._metric_of(split)
        return {split: metric(*args, **metric._filter_kwargs(**kwargs))}

    def compute(self) -> dict[str, Any]:
        """Return {"train": ..., "test": ..., "gap": ...}, each of the shape that the metric computes.

        Raises:
            UserError: if a split has no samples yet, or the metric computes anything but tensors and dicts of tensors.
        """
        for split in ("train", "test"):
            if _is_empty(self._metric_of(split)):
                raise UserError(f'compute() must come after update(..., split="{split}"), got no {split} samples')
        train, test = self.on_train.compute(), self.on_test.compute()
        return {"train": train, "test": test, "gap": _difference(train, test, self.sign)}

    def reset(self) -> None:
        super().reset()
        self.on_train.reset()
        self.on_test.reset()

    def persistent(self, mode: bool = False) -> None:
        super().persistent(mode)
        self.on_train.persistent(mode)
        self.on_test.persistent(mode)


def _is_empty(metric: Metric) -> bool:
    """Whether a metric has seen no sample, in this process and in any other."""
    # Other processes may have samples where this one has none.
    is_distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    if metric.update_called or is_distributed:
        return False
    # A state that was loaded comes without a count of updates.
    return all(_is_equal(value, metric._defaults[name]) for name, value in metric.metric_state.items())


def _is_equal(state: Tensor | list[Tensor], default: Tensor | list[Tensor]) -> bool:
    if isinstance(state, Tensor) and isinstance(default, Tensor):
        return torch.equal(state, default.to(state.device))
    return len(state) == len(default)


def _difference(train: Any, test: Any, sign: int) -> Any:
    if isinstance(train, dict):
        return {key: _difference(train[key], test[key], sign) for key in train}
    if isinstance(train, Tensor):
        return sign * (train - test)
    raise UserError(f"the metric must compute tensors, or a dict of tensors, got a {type(train).__name__}")
