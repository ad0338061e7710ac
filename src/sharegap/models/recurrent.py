"""Time: a recurrent network with weights of its own at every step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.sharing import SharedGRU, SharingFactory
from sharegap.sharing.layers.gru import gru_cell


class Recurrent(Network):
    """A bidirectional GRU over a sequence and a linear head on the states of all steps.

    With hard sharing and 6 units it is the GRU of Greydanus & Kobak 2024 (github.com/greydanus/mnist1d) on
    MNIST-1D, 5,134 parameters.

    Args:
        sample_shape: (channels, steps) of one sequence; UserError for others.
        output_shape: (outputs,).
        sharing: relates the copies of the weights over time steps.
        hidden: makes what follows the states.
        units: of each direction.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        units: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) == 2 and len(output_shape) == 1
        require_shapes(fits, "sequences (channels, steps) of one class each", sample_shape, output_shape)
        check_sizes(units=units)
        channels, steps = sample_shape
        self.gru = SharedGRU(sharing, channels, units, steps)
        self.hidden = hidden()
        self.head = nn.Linear(steps * 2 * units, output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.hidden(self.gru(x.transpose(1, 2))).flatten(1))

    def representations(self, x: Tensor) -> Tensor:
        """The new state that the forward direction's weights of each step make of inputs and states of all steps."""
        gru, x = self.gru, x.transpose(1, 2)
        states = gru.states(x)[:, 0].movedim(-1, 0)  # (batch, steps, units)
        before = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
        inputs, state = (subsample(each.flatten(0, 1)).mT for each in (x, before))
        weights = gru.weight_input(), gru.weight_state(), gru.bias_input(), gru.bias_state()
        of_input, of_state, bias_input, bias_state = (weight[:, 0] for weight in weights)
        state = state.expand(len(of_input), *state.shape)
        return gru_cell(of_input @ inputs + bias_input.unsqueeze(-1), of_state, bias_state, state).mT
