"""A network with one layer for both halves of a sample."""

import math

from torch import nn

from sharegap import Network, SharedLinear, Site, UserError


class Halves(Network):
    """Apply a layer to each half of a sample, average, and apply a linear head."""

    def __init__(self, spec, width):
        super().__init__()
        size = math.prod(spec.sample_shape)
        if size % 2 or len(spec.output_shape) != 1:
            raise UserError("halves takes samples of an even size, of one class each")
        self.layer = SharedLinear(spec.sharing, Site("halves", (2,)), size // 2, width)
        self.hidden = spec.make_hidden_layer()
        self.head = nn.Linear(width, spec.output_shape[0])

    def outputs(self, x):
        halves = x.flatten(1).unflatten(1, (2, -1))
        return self.head(self.hidden(self.activate(halves)).mean(1))

    def activate(self, halves):
        """(batch, 2, size) or (batch, 1, size), which both copies get, -> (batch, 2, width)."""
        return self.layer.weight.mix_activations(self.layer(halves).relu())

    def representations(self, x):
        """What both copies make of the first halves: (copies, samples, width)."""
        first_halves = x[:1000].flatten(1).unflatten(1, (2, -1))[:, :1]
        return self.activate(first_halves).expand(-1, 2, -1).transpose(0, 1)
