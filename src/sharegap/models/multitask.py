"""Site tasks: a trunk for each task, on the same samples."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import Site


class MultiTaskNet(Network):
    """Apply a trunk and a head for each task to the same sample: -> (batch, tasks, classes).

    With hard sharing one trunk serves all tasks (Caruana 1997). Heads are never shared.

    Args:
        spec: Samples of two dimensions or more, outputs (tasks, classes).
        widths: Widths of the trunk's layers; at least one.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> from sharegap.sharing import Hard
        >>> network = MultiTaskNet(NetworkSpec((1, 8, 8), (2, 10), Hard), widths=[16])
        >>> network(torch.ones(5, 1, 8, 8)).shape
        torch.Size([5, 2, 10])
    """

    def __init__(self, spec: NetworkSpec, *, widths: Sequence[int]) -> None:
        super().__init__()
        fits = len(spec.sample_shape) > 1 and len(spec.output_shape) == 2
        require_shapes(spec, fits, "samples with several targets each")
        check_sizes(widths=widths)
        tasks, classes = spec.output_shape
        site = Site("tasks", (tasks,), parallel=True)
        layers = linear_layers(spec.sharing, site, [math.prod(spec.sample_shape), *widths])
        self.trunks = Towers(tasks, layers, spec.make_hidden_layer)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], classes) for _ in range(tasks))

    def outputs(self, x: Tensor) -> Tensor:
        # With hard sharing one trunk has been computed; expanding gives it to every head without a copy.
        trunks = self.trunks(x.flatten(1).unsqueeze(1)).expand(-1, len(self.heads), -1)
        outputs = []
        for head, trunk in zip(self.heads, trunks.unbind(1), strict=True):
            outputs.append(head(trunk))
        return torch.stack(outputs, dim=1)

    def representations(self, x: Tensor) -> Tensor:
        """Of every trunk: what the heads get."""
        return self.trunks.forward_all(subsample(x.flatten(1)))
