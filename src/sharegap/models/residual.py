"""Layers: a stack of residual blocks."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.sharing import SharedLinear, SharingFactory, Site


class Residual(Network):
    """A linear layer in, blocks h + ReLU(W h + b) of one width, a linear head.

    With hard sharing one block is applied repeatedly (Universal Transformers, Dehghani et al. 2019; ALBERT, Lan et
    al. 2020). One block of width 100 is the MLP of Greydanus & Kobak 2024 on MNIST-1D, 15,210 parameters.

    Args:
        sample_shape: of one input.
        output_shape: (outputs,).
        sharing: relates the copies of the block over layers.
        hidden: makes what follows each activation.
        width: of the blocks.
        depth: how many blocks there are.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        width: int,
        depth: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) > 1 and len(output_shape) == 1
        require_shapes(fits, "samples (channels, size, ...) of one class each", sample_shape, output_shape)
        check_sizes(width=width, depth=depth)
        self.first = nn.Linear(math.prod(sample_shape), width)
        self.blocks = SharedLinear(sharing, Site("layers", (depth,)), width, width)
        self.hidden = nn.ModuleList(hidden() for _ in range(depth + 1))
        self.head = nn.Linear(width, output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.states(x)[-1])

    def states(self, x: Tensor) -> list[Tensor]:
        """What goes into each block, and out of the last: depth + 1 of (batch, width)."""
        first, *others = self.hidden
        states = [first(self.first(x.flatten(1)).relu())]
        weights, biases = self.blocks.weight().unbind(0), self.blocks.bias().unbind(0)
        for weight, bias, hidden in zip(weights, biases, others, strict=True):
            states.append(states[-1] + hidden(nn.functional.linear(states[-1], weight, bias).relu()))
        return states

    def representations(self, x: Tensor) -> Tensor:
        """What each block adds, of what goes into any block."""
        inputs = subsample(torch.stack(self.states(x)[:-1], 1).flatten(0, 1))
        return (inputs @ self.blocks.weight().mT + self.blocks.bias().unsqueeze(1)).relu()
