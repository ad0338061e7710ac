"""Tasks with samples of their own: a network for each."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sharegap.errors import UserError
from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import SharingFactory


class PerTask(Network):
    """A network for each task, and each sample through its own task's: (batch, features + 1) -> (batch, 1).

    The last number of a sample is that of its task. Without hidden layers it is a linear model for each task, which
    soft sharing pulls to their mean (Evgeniou & Pontil 2004); hard sharing makes it one model for all tasks; and
    `hard_first` one trunk with a last layer for each task.

    Args:
        sample_shape: (features + 1,).
        output_shape: (tasks, 1).
        sharing: relates the copies of all layers over tasks.
        hidden: makes what follows each activation.
        widths: of the hidden layers; may be empty.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        widths: Sequence[int],
    ) -> None:
        super().__init__()
        fits = len(sample_shape) == 1 and len(output_shape) == 2
        require_shapes(fits, "tasks that have their own samples", sample_shape, output_shape)
        if widths:
            check_sizes(widths=widths)
        features = sample_shape[0] - 1
        self.tasks, outputs = output_shape
        *before, last = linear_layers(sharing, "tasks", self.tasks, [features, *widths, outputs])
        self.towers, self.last = Towers(self.tasks, before, hidden), last

    def forward(self, x: Tensor) -> Tensor:
        """Only the features enter, so that no noise is put on the task's number."""
        if self.tasks > 2 / torch.finfo(x.dtype).eps:
            raise UserError(
                f"{x.dtype} cannot tell {self.tasks} tasks by their number: set trainer.precision to 32-true or mixed"
            )
        features, task = self.entry(x[:, :-1]), x[:, -1].long()
        if self.towers.mixes or self.last.weight.mixes:
            every = self._every(features.unsqueeze(1))
            return every.gather(1, task.view(-1, 1, 1).expand(-1, 1, every.shape[2])).squeeze(1)
        return self.last.own(self.towers.own(features, task), task)

    def representations(self, x: Tensor) -> Tensor:
        """What every task's network predicts."""
        return self._every(subsample(x[:, :-1]).unsqueeze(1)).transpose(0, 1)

    def _every(self, features: Tensor) -> Tensor:
        """(batch, 1, features) -> (batch, tasks, 1)."""
        outputs: Tensor = self.last.weight.mix(self.last(self.towers(features)))
        return outputs.expand(-1, self.tasks, -1)
