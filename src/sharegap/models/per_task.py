"""Site tasks: a network for each task, on samples of its own."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sharegap.errors import UserError
from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import Site
from sharegap.sharing.strategy import overrides


class PerTask(Network):
    """Apply to each sample the network of its task: (batch, features + 1) -> (batch, 1).

    The last number of a sample is the index of its task. Without hidden layers it is a linear model for each task,
    which soft sharing pulls to their mean (Evgeniou & Pontil 2004). Hard sharing makes it one model for all tasks, and
    `hard_first` one trunk with a last layer for each task.

    Args:
        spec: Samples (features + 1,), outputs (tasks, 1).
        widths: Widths of the hidden layers; may be empty.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> from sharegap.sharing import Soft
        >>> network = PerTask(NetworkSpec((4,), (6, 1), Soft), widths=[])
        >>> task = torch.tensor([[0.0], [5.0]])
        >>> network(torch.cat([torch.ones(2, 3), task], dim=1)).shape
        torch.Size([2, 1])
    """

    def __init__(self, spec: NetworkSpec, *, widths: Sequence[int]) -> None:
        super().__init__()
        fits = len(spec.sample_shape) == 1 and len(spec.output_shape) == 2
        require_shapes(spec, fits, "tasks that have their own samples")
        if widths:
            check_sizes(widths=widths)
        features = spec.sample_shape[0] - 1
        self.tasks, outputs = spec.output_shape
        site = Site("tasks", (self.tasks,), parallel=True)
        *hidden, last = linear_layers(spec.sharing, site, [features, *widths, outputs])
        self.towers = Towers(self.tasks, hidden, spec.make_hidden_layer)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        """Apply to each sample the network of its task.

        Raises:
            UserError: If the dtype of `x` cannot represent the index of each task.
        """
        # Integers up to 2 / eps are exact in floating point; beyond it indices would be rounded to other tasks.
        if self.tasks > 2 / torch.finfo(x.dtype).eps:
            raise UserError(
                f"trainer.precision must tell {self.tasks} tasks by their index, got {x.dtype}: use 32-true or mixed"
            )
        # The index stays as it is: noise on it would send samples to other tasks.
        features, task = self.input_regularizer(x[:, :-1]), x[:, -1].long()
        if self.towers.mixes_activations or overrides(self.last.weight, "mix_activations"):
            outputs = self._forward_all(features.unsqueeze(1))
            return outputs.gather(1, task.view(-1, 1, 1).expand(-1, 1, outputs.shape[2])).squeeze(1)
        return self.last.forward_one(self.towers.forward_one(features, task), task)

    def representations(self, x: Tensor) -> Tensor:
        """The predictions of every task's network."""
        return self._forward_all(subsample(x[:, :-1]).unsqueeze(1)).transpose(0, 1)

    def _forward_all(self, features: Tensor) -> Tensor:
        """(batch, 1, features) -> (batch, tasks, 1)."""
        outputs = self.last.weight.mix_activations(self.last(self.towers(features)))
        return outputs.expand(-1, self.tasks, -1)
