"""Site layers: a stack of residual blocks."""

import math

import torch
from torch import Tensor, nn

from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.sharing import SharedLinear, Site


class Residual(Network):
    """Apply a linear layer, residual blocks h + s · ReLU(W h + b) of one width, and a linear head.

    With hard sharing one block is applied repeatedly (Universal Transformers, Dehghani et al. 2019; ALBERT, Lan et
    al. 2020). One block of width 100 is the MLP of Greydanus & Kobak 2024 on MNIST-1D, 15,210 parameters.

    Args:
        spec: Samples of two dimensions or more, outputs (outputs,).
        width: Width of the blocks, >= 1.
        depth: Number of blocks, >= 1.
        scale_branches: Whether s is 1/depth, default 1. A weight that all blocks share has a gradient from each of
            them; with s = 1/depth their sum is as large as that of one block.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> from sharegap.sharing import Hard
        >>> network = Residual(NetworkSpec((1, 40), (10,), Hard), width=8, depth=4)
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(self, spec: NetworkSpec, *, width: int, depth: int, scale_branches: bool = False) -> None:
        super().__init__()
        fits = len(spec.sample_shape) > 1 and len(spec.output_shape) == 1
        require_shapes(spec, fits, "samples (channels, size, ...) of one class each")
        check_sizes(width=width, depth=depth)
        self.first = nn.Linear(math.prod(spec.sample_shape), width)
        self.blocks = SharedLinear(spec.sharing, Site("layers", (depth,), ordered=True), width, width)
        self.hidden_layers = nn.ModuleList(spec.make_hidden_layer() for _ in range(depth + 1))
        self.head = nn.Linear(width, spec.output_shape[0])
        self.scale = 1 / depth if scale_branches else 1.0

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.states(x)[-1])

    def states(self, x: Tensor) -> list[Tensor]:
        """Return the input of each block and the output of the last: depth + 1 tensors (batch, width)."""
        first_hidden, *hidden_layers = self.hidden_layers
        state = first_hidden(self.first(x.flatten(1)).relu())
        states = [state]
        # All copies once: a strategy may compute them, and each block needs one.
        weights, biases = self.blocks.weight().unbind(0), self.blocks.bias().unbind(0)
        for weight, bias, hidden_layer in zip(weights, biases, hidden_layers, strict=True):
            state = state + self.scale * hidden_layer(nn.functional.linear(state, weight, bias).relu())
            states.append(state)
        return states

    def representations(self, x: Tensor) -> Tensor:
        """What each block adds, on the inputs of all blocks."""
        inputs = subsample(torch.stack(self.states(x)[:-1], 1).flatten(0, 1))
        return self.scale * (inputs @ self.blocks.weight().mT + self.blocks.bias().unsqueeze(1)).relu()
