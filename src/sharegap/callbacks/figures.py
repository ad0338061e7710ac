"""What is measured on each batch: metrics of outputs and targets."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn
from torchmetrics import Metric, MetricCollection

from sharegap.callbacks.batch import Part, Predict, explain
from sharegap.errors import UserError, unknown_name
from sharegap.metrics.function_mean import FunctionMean, option_of
from sharegap.metrics.function_of_set import direction_of, metric_of
from sharegap.metrics.gap import GeneralizationGap

Direction = bool | Mapping[str, bool] | None


class MetricFigures:
    """Metrics of outputs and targets, by name.

    Args:
        metrics: torchmetrics metrics, collections, `GeneralizationGap`s and functions of outputs and targets.
        predict: returns the outputs and targets of a module and a batch.
        weight: returns the weights of a batch's samples or values, for functions; None to count each once.
        higher_is_better: the direction of all, or by name; by default what each metric says itself.

    Raises:
        UserError: for what is no metric, or has no direction; for the direction of what is not measured.
    """

    def __init__(self, metrics: Any, predict: Predict, weight: Part | None, higher_is_better: Direction) -> None:
        self.predict, self.weight = predict, weight
        self.metrics: dict[str, Metric] = {}
        self.directions: dict[str, bool] = {}
        self.modules: list[nn.Module] = []
        figures = list(_flat(metrics))
        names = [name for name, _ in figures]
        for name in higher_is_better if isinstance(higher_is_better, Mapping) else ():
            if name not in names:
                raise unknown_name("metric of higher_is_better", name, names)
        for name, metric in figures:
            self._add(name, metric, chosen_direction(higher_is_better, name))

    @property
    def key(self) -> str:
        """What tells these figures from others."""
        return ", ".join(self.metrics)

    def _add(self, name: str, metric: Any, direction: bool | None) -> None:
        own: bool | None
        base = metric.func if isinstance(metric, partial) else metric
        if isinstance(base, type) or not callable(base):
            value = f"the class {base.__name__}" if isinstance(base, type) else repr(base)
            raise UserError(f"metric {name} must be a torchmetrics metric or a function, got {value}")
        if isinstance(metric, GeneralizationGap):
            self.metrics[name], own = metric.on_train.clone(), metric.sign > 0
        elif isinstance(metric, Metric):
            self.metrics[name], own = metric.clone(), metric.higher_is_better
        else:
            self.metrics[name], own = metric_of(metric), direction_of(metric)
            # A criterion is put into eval mode, too.
            self.modules += [part for part in (base, getattr(base, "__self__", None)) if isinstance(part, nn.Module)]
        direction = own if direction is None else direction
        self.directions[name] = check_direction(direction, _subject(name, metric))
        if self.weight is not None and not isinstance(self.metrics[name], FunctionMean):
            raise UserError(f"weight must stand beside functions that are averaged, got {_subject(name, metric)}")
        is_of_torch = getattr(base, "__module__", "").startswith("torch.nn")
        if self.weight is not None and is_of_torch and option_of(metric, "reduction", "mean") != "none":
            raise UserError(f"weight must stand beside values per sample, got metric {name}, a mean: reduction='none'")

    def start(self, module: Any) -> None:
        """Forget all samples."""
        for metric in self.metrics.values():
            metric.to(module.device).reset()

    def update(self, module: Any, batch: Any, batch_idx: int, loader_idx: int) -> None:
        """Add a batch on the module's device."""
        with explain("the outputs", batch):
            outputs, targets = self.predict(module, batch)
            weights = () if self.weight is None else (self.weight(batch),)
        for name, metric in self.metrics.items():
            with explain(f"metric {name}", batch):
                metric.update(outputs, targets, *weights)

    def compute(self, module: Any) -> dict[str, Tensor]:
        """Return each metric of all samples since the start, over all processes."""
        return {name: metric.compute() for name, metric in self.metrics.items()}

    def record(self, name: str, value: Any, *args: Any, **options: Any) -> None:
        """Take what the module logs meanwhile: it is no figure of the training's."""


def chosen_direction(higher_is_better: Direction, name: str) -> bool | None:
    """Return the direction that the user gave a figure, None for none."""
    return higher_is_better.get(name) if isinstance(higher_is_better, Mapping) else higher_is_better


def check_direction(direction: Any, subject: str) -> bool:
    """Return the direction of a figure, which is never guessed.

    Raises:
        UserError: if it is neither True nor False.
    """
    if not isinstance(direction, bool):
        raise UserError(f"higher_is_better must be True or False for {subject}, got {direction}")
    return direction


def _subject(name: str, metric: Any) -> str:
    return type(metric).__name__ if isinstance(metric, Metric) else f"metric {name}"


def _flat(metrics: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The metrics by name, those of collections one by one."""
    if isinstance(metrics, MetricCollection):
        metrics = dict(metrics.items(keep_base=False, copy_state=False))
    if not isinstance(metrics, Mapping) or not metrics:
        kind = metrics if metrics == {} else type(metrics).__name__
        raise UserError(f'metrics must be a dict of at least one, such as {{"accuracy": ...}}, got {kind}')
    for name, metric in metrics.items():
        if isinstance(metric, MetricCollection):
            yield from ((f"{name}_{key}", part) for key, part in _flat(metric))
        else:
            yield name, metric
