"""A metric of torchmetrics for all runs of a fleet."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap
from torch.utils._pytree import tree_map
from torchmetrics import Metric

States = dict[str, Tensor | list[Tensor]]


class FleetMetric:
    """Keep the states of one metric for each run, and call the metric for all runs at once.

    What `vmap` cannot batch, such as a course that depends on numbers, is called for one run after the other.

    Args:
        metric: of one run.
        runs: how many.

    Example:
        >>> from sharegap.metrics import MeanLoss
        >>> metric = FleetMetric(MeanLoss(lambda outputs, targets: (outputs - targets).abs()), runs=2)
        >>> metric.update(torch.tensor([[1.0, 3.0], [5.0, 7.0]]), torch.zeros(2, 2))
        >>> metric.compute().tolist()
        [2.0, 6.0]
    """

    def __init__(self, metric: Metric, runs: int) -> None:
        self.metric, self.runs = metric, runs
        self.can_batch = True
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        self.metric.reset()
        self.states: States = {}
        """By name, (runs, ...); a list has such a tensor for each batch."""
        for name, state in self.metric.metric_state.items():
            self.states[name] = [] if isinstance(state, list) else state.expand(self.runs, *state.shape).clone()

    def update(self, *batch: Tensor) -> None:
        """Add a batch: what the metric is updated with, mostly outputs and targets, (runs, batch, ...) each."""
        lists = {name: state for name, state in self.states.items() if isinstance(state, list)}
        before = self.states | {name: [] for name in lists}

        def update_one(metric: Metric, *batch: Tensor) -> States:
            # The method of the class: that of the object keeps records of its own.
            type(metric).update(metric, *batch)
            return metric.metric_state

        self.states = self._call(update_one, before, *batch)
        for name, batches in lists.items():
            self.states[name] = [*batches, *self.states[name]]

    def compute(self, **arguments: Tensor) -> Tensor:
        """Return the metric of each run, (runs,); `arguments` are those of the metric's `compute`, each (runs,)."""
        names = list(arguments)

        def compute_one(metric: Metric, *values: Tensor) -> Tensor:
            result: Tensor = type(metric).compute(metric, **dict(zip(names, values, strict=True)))
            return result

        result: Tensor = self.apply(compute_one, *arguments.values())
        return result.reshape(self.runs)  # some metrics return a number as one of a list

    def apply(self, function: Callable[..., Any], *arguments: Tensor) -> Any:
        """Return what `function(metric, *arguments)` returns for each run, its tensors with a leading run axis.

        Args:
            function: of the metric with the states of one run, over the samples of all processes.
            arguments: of the function, (runs, ...).
        """
        for name, state in self.states.items():
            # Processes join lists along the samples.
            setattr(self.metric, name, [batch.transpose(0, 1) for batch in state] if isinstance(state, list) else state)
        with self.metric.sync_context(dist_sync_fn=self.metric.dist_sync_fn):
            states = self.metric.metric_state
        for name, state in self.states.items():
            if isinstance(state, list):
                joined = states[name]
                batches = [joined] if isinstance(joined, Tensor) else joined
                states[name] = [batch.transpose(0, 1) for batch in batches]
        return self._call(function, states, *arguments)

    def _call(self, function: Callable[..., Any], states: States, *arguments: Tensor) -> Any:
        def call_one(states: States, *arguments: Tensor) -> Any:
            for name, state in states.items():
                setattr(self.metric, name, state)
            return function(self.metric, *arguments)

        if self.can_batch:
            copies = tree_map(torch.clone, states)  # a metric may change its states, and then fail
            try:
                return vmap(call_one)(copies, *arguments)
            except Exception:  # what a metric does is its own; a fault of its own is raised again below
                self.can_batch = False
        results = []
        for run in range(self.runs):
            results.append(call_one(*tree_map(lambda tensor, run=run: tensor[run].clone(), (states, *arguments))))
        return tree_map(lambda *tensors: torch.stack(tensors), *results)
