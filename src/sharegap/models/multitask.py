"""Tasks: a trunk for each task."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import SharingFactory


class MultiTask(Network):
    """A trunk and a head for each task, on the same input: -> (batch, tasks, classes).

    With hard sharing one trunk that serves all tasks (Caruana 1997). Heads are never shared.

    Args:
        sample_shape: of one input.
        output_shape: (tasks, classes).
        sharing: relates the copies of the trunk over tasks.
        hidden: makes what follows each activation.
        widths: of the trunk's layers.
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
        fits = len(sample_shape) > 1 and len(output_shape) == 2
        require_shapes(fits, "samples with several targets each", sample_shape, output_shape)
        check_sizes(widths=widths)
        tasks, classes = output_shape
        self.trunks = Towers(tasks, linear_layers(sharing, "tasks", tasks, [math.prod(sample_shape), *widths]), hidden)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], classes) for _ in range(tasks))

    def outputs(self, x: Tensor) -> Tensor:
        trunks = self.trunks(x.flatten(1).unsqueeze(1)).expand(-1, len(self.heads), -1)
        return torch.stack([head(trunk) for head, trunk in zip(self.heads, trunks.unbind(1), strict=True)], dim=1)

    def representations(self, x: Tensor) -> Tensor:
        return self.trunks.of_each_copy(subsample(x.flatten(1)))
