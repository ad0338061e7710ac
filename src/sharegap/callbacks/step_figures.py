"""What a step of the module logs, such as validation_step, as figures."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from sharegap.callbacks.batch import Part, explain
from sharegap.callbacks.figures import Direction, check_direction, chosen_direction
from sharegap.errors import UserError, unknown_name
from sharegap.metrics.function_mean import WeightedMean, num_samples

MEANS = ("mean", "avg", torch.mean)


class StepFigures:
    """The values that a step of the module logs: numbers as means over samples, metrics as they compute.

    Beside validation_step, the module's `on_validation_epoch_start` and `on_validation_epoch_end` are called.

    Args:
        step: a method of the module, its name, or a function of batch, batch_idx and dataloader_idx.
        weight: returns the weights of a batch's samples; by default a value counts as Lightning counts it.
        higher_is_better: the direction of all values, or of those that are measured, by their logged names.
    """

    def __init__(self, step: str | Callable[..., Any], weight: Part | None, higher_is_better: Direction) -> None:
        if not isinstance(step, str) and not callable(step):
            raise UserError(f"measure must be a step of the module or its name, got {step!r}")
        self.step, self.weight, self.higher_is_better = step, weight, higher_is_better
        self.modules: list[nn.Module] = []
        self.directions: dict[str, bool] = {}

    def start(self, module: Any) -> None:
        """Forget all samples, the module's own metrics included."""
        self.means: dict[str, WeightedMean] = {}
        self.metrics: dict[str, Metric] = {}
        self.count: Any = 1
        self.device = module.device
        for child in module.modules():
            if isinstance(child, Metric):
                child.reset()
        if self.key == "validation_step":
            module.on_validation_epoch_start()

    def update(self, module: Any, batch: Any, batch_idx: int, loader_idx: int) -> None:
        """Run the step on a batch."""
        step = self._step_of(module)
        # An option of the step's own keeps its default.
        takes = sum(_is_of_loop(parameter) for parameter in inspect.signature(step).parameters.values())
        with explain(f"measure={self.key}", batch, remedy="it runs in eval mode, without gradients"):
            self.count = num_samples(batch) or 1 if self.weight is None else self.weight(batch).sum()
            step(*(batch, batch_idx, loader_idx)[: takes or 2])

    def record(self, name: str, value: Any, *args: Any, **options: Any) -> None:
        """Take what the module logs in place of Lightning's `log`."""
        if isinstance(self.higher_is_better, Mapping) and name not in self.higher_is_better:
            return
        if isinstance(value, Metric):
            self.metrics[name] = value
            return
        if options.get("reduce_fx", "mean") not in MEANS:
            raise UserError(f"{name} must be logged as a mean, got reduce_fx={options['reduce_fx']}")
        count = self.count if self.weight is not None else options.get("batch_size") or self.count
        mean = self.means.setdefault(name, WeightedMean().to(self.device))
        mean.update(torch.as_tensor(value, dtype=torch.float64, device=self.device) * count, count)

    def compute(self, module: Any) -> dict[str, Tensor]:
        """Return each value over all samples since the start, over all processes.

        Raises:
            UserError: if the step has logged nothing, or a value has no direction.
        """
        values = self._computed()
        if self.key == "validation_step":
            self.means, self.metrics, self.count = {}, {}, 1
            module.on_validation_epoch_end()
            values |= self._computed()
        if isinstance(self.higher_is_better, Mapping):
            for name in self.higher_is_better:
                if name not in values:
                    raise unknown_name(f"value logged in {self.key}", name, values)
        if not values:
            raise UserError(f"measure must log a value, got none in {self.key}: or pass metrics instead")
        return values

    def _computed(self) -> dict[str, Tensor]:
        values = {}
        for name, metric in {**self.means, **self.metrics}.items():
            own = chosen_direction(self.higher_is_better, name)
            own = metric.higher_is_better if own is None else own
            self.directions[name] = check_direction(own, f"{name}, which {self.key} logs")
            values[name] = metric.compute()
        return values

    @property
    def key(self) -> str:
        """The step's name."""
        return self.step if isinstance(self.step, str) else getattr(self.step, "__name__", "measure")

    def _step_of(self, module: Any) -> Callable[..., Any]:
        owner = getattr(self.step, "__self__", module)
        if isinstance(self.step, str) or owner is not module:
            # A step of another module, such as the one before a copy, would not be the trained one.
            step = getattr(module, self.key, None) if isinstance(self.step, str) else None
            if step is None:
                raise UserError(f"measure must be a step of the module that is trained, got {self.key}")
            return step
        return self.step


def _is_of_loop(parameter: inspect.Parameter) -> bool:
    """Whether a step takes this by its place from Lightning's loops."""
    is_positional = parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    is_required = parameter.default is parameter.empty
    return is_positional and (is_required or parameter.name in ("batch_idx", "dataloader_idx"))
