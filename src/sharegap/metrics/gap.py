"""The generalization gap of any metric."""

from typing import Any

from torch import Tensor
from torchmetrics import Metric
from torchmetrics.wrappers.abstract import WrapperMetric

from sharegap.errors import UserError, unknown_name


class GeneralizationGap(WrapperMetric):
    """A metric on training samples and on test samples, and how much better it is on the former.

    It holds two copies of `metric`, `on_train` and `on_test`, whose states are reset, moved, saved and reduced over
    processes as those of any metric. `update(..., part="train")` and `update(..., part="test")` take what `metric`
    takes. `compute()` returns {"train": ..., "test": ..., "gap": ...}, each as `metric` computes it: a tensor of any
    shape, or a dict of such. A call returns {part: the figure of this batch}.

    The gap (Jiang et al. 2019, there of accuracies) is train − test where higher is better, else test − train. It says
    what generalization costs only if both parts are measured on the same weights, in eval mode, on clean data.

    Raises UserError where `metric` is no torchmetrics metric; where it does not say whether higher is better, and
    `higher_is_better` does not either; for a part of another name; and from `compute()` where `metric` computes
    something else than tensors.
    """

    def __init__(self, metric: Metric, higher_is_better: bool | None = None) -> None:
        super().__init__()
        if not isinstance(metric, Metric):
            raise UserError(
                f"a gap is measured of one torchmetrics metric, not of a {type(metric).__name__}: "
                "give each metric of a collection a GeneralizationGap of its own"
            )
        higher = metric.higher_is_better if higher_is_better is None else higher_is_better
        if higher is None:
            raise UserError(
                f"{type(metric).__name__} does not say whether higher is better: "
                "pass higher_is_better=True or higher_is_better=False"
            )
        self.direction = 1 if higher else -1
        self.on_train, self.on_test = metric.clone(), metric.clone()
        self.reset()

    def _on(self, part: str) -> Metric:
        metrics = {"train": self.on_train, "test": self.on_test}
        if part not in metrics:
            raise unknown_name("part", part, metrics)
        return metrics[part]

    def update(self, *args: Any, part: str, **kwargs: Any) -> None:
        """Takes in a batch of the "train" or the "test" part."""
        metric = self._on(part)
        metric.update(*args, **metric._filter_kwargs(**kwargs))

    def forward(self, *args: Any, part: str, **kwargs: Any) -> dict[str, Any]:
        metric = self._on(part)
        return {part: metric(*args, **metric._filter_kwargs(**kwargs))}

    def compute(self) -> dict[str, Any]:
        train, test = self.on_train.compute(), self.on_test.compute()
        return {"train": train, "test": test, "gap": _gap(train, test, self.direction)}

    def reset(self) -> None:
        super().reset()
        for metric in (self.on_train, self.on_test):
            metric.reset()

    def persistent(self, mode: bool = False) -> None:
        super().persistent(mode)
        for metric in (self.on_train, self.on_test):
            metric.persistent(mode)


def _gap(train: Any, test: Any, direction: int) -> Any:
    if isinstance(train, dict):
        return {key: _gap(train[key], test[key], direction) for key in train}
    if isinstance(train, Tensor):
        return direction * (train - test)
    raise UserError(f"a gap is taken of tensors, or of a dict of tensors: the metric computes a {type(train).__name__}")
