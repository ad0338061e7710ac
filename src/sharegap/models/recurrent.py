"""Site time: a recurrent network with weights for each step."""

import torch
from torch import Tensor, nn

from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.sharing import SharedGRU
from sharegap.sharing.layers.gru import gru_cell


class Recurrent(Network):
    """Read a sequence by a bidirectional GRU, and apply a linear head to the states of all steps.

    With hard sharing and 6 units it is the GRU of Greydanus & Kobak 2024 on MNIST-1D (github.com/greydanus/mnist1d),
    5,134 parameters.

    Args:
        spec: Samples (channels, steps), outputs (outputs,).
        units: Units of each direction, >= 1.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> from sharegap.sharing import Hard
        >>> network = Recurrent(NetworkSpec((1, 40), (10,), Hard), units=6)
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(self, spec: NetworkSpec, *, units: int) -> None:
        super().__init__()
        fits = len(spec.sample_shape) == 2 and len(spec.output_shape) == 1
        require_shapes(spec, fits, "sequences (channels, steps) of one class each")
        check_sizes(units=units)
        channels, steps = spec.sample_shape
        self.gru = SharedGRU(spec.sharing, channels, units, steps)
        self.hidden_layer = spec.make_hidden_layer()
        self.head = nn.Linear(steps * 2 * units, spec.output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.hidden_layer(self.gru(x.transpose(1, 2))).flatten(1))

    def representations(self, x: Tensor) -> Tensor:
        """The next state that each step's forward weights make of the inputs and states of all steps."""
        # One direction only: copy c of the other belongs to the step counted from the end.
        gru, x = self.gru, x.transpose(1, 2)
        states = gru.states(x)[:, 0].movedim(-1, 0)  # (batch, steps, units)
        previous = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
        inputs, state = subsample(x.flatten(0, 1)).mT, subsample(previous.flatten(0, 1)).mT
        input_gates = gru.weight_input()[:, 0] @ inputs + gru.bias_input()[:, 0].unsqueeze(-1)
        weight_state = gru.weight_state()[:, 0]
        state = state.expand(len(weight_state), *state.shape)
        return gru_cell(input_gates, weight_state, gru.bias_state()[:, 0], state).mT
