"""A training step as one command for a GPU."""

import warnings
from typing import Any

import torch
from torch.optim import SGD

from sharegap.training.fleet_step import FleetStep

WARM_UP_STEPS = 3
"""Steps before a step is captured: in the first, an optimizer makes its state, and cuDNN chooses its algorithms."""


class CapturedStep(FleetStep):
    """Take training steps on a GPU by replaying one of them, a CUDA graph.

    A step of small networks is hundreds of commands, and giving them takes longer than the GPU needs. Where a step
    cannot be captured a warning says so, and steps are taken one command after the other.
    """

    counts_on_device = True
    warm_up_steps = WARM_UP_STEPS + 1
    graph: torch.cuda.CUDAGraph | None = None
    taken = 0
    obstacle: str | None = None

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # A graph holds the operations already: to record them first takes longer than it saves in 10,000 steps.
        self.forgo_recording()

    def update(self) -> None:
        """Do nothing: which runs are active is read from the device at each step, for the graph stays as it is."""
        self.is_uniform = False

    def take(self) -> None:
        """Step every active run at its own learning rate."""
        if self.graph is not None:
            self.graph.replay()
            return
        if self.obstacle is not None:
            super().take()
            return
        if self.taken < WARM_UP_STEPS:
            self._warm_up()
            self.taken += 1
            return
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                super().take()
            self.graph = graph
        except RuntimeError as error:
            cause = error.__context__ or error  # where the command was refused, and not where the capture ended
            self._give_up(str(cause).splitlines()[0])
        self.take()

    def _warm_up(self) -> None:
        for group in self.optimizer.param_groups:
            if "capturable" not in group and not isinstance(self.optimizer, SGD):
                self._give_up(f"{type(self.optimizer).__name__} has no option capturable")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            super().take()
        torch.cuda.current_stream().wait_stream(stream)

    def _give_up(self, obstacle: str) -> None:
        self.obstacle = obstacle
        warnings.warn(f"training takes longer than it could, for no CUDA graph is captured: {obstacle}", stacklevel=2)
