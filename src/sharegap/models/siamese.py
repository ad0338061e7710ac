"""Branches: two towers for the two parts of a pair."""

import math
from collections.abc import Sequence

from torch import Tensor

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import SharedConv, SharingFactory, Site


class Siamese(Network):
    """A tower for each part of a pair, which ends in an embedding: (batch, 2, ...) -> (batch, 2, embedding).

    With hard sharing a Siamese network (Bromley et al. 1993; Koch et al. 2015), with independent towers a
    pseudo-Siamese one. What is shared is the tower over branches; convolutions in it share their filters over
    positions whatever the branches do.

    Args:
        sample_shape: (2, ...) of a pair, (2, channels, *size) where there are convolutions.
        output_shape: (), for the task compares embeddings.
        sharing: relates the copies over the two branches.
        hidden: makes what follows each activation.
        channels: that each convolution puts out.
        layers: (kernel, stride) of the convolutions that each tower begins with; may be empty.
        widths: of each tower's hidden linear layers.
        embedding: features of its last, linear layer.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        channels: int,
        layers: Sequence[tuple[int, int]],
        widths: Sequence[int],
        embedding: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) > (2 if layers else 1) and sample_shape[0] == 2 and not output_shape
        require_shapes(fits, "pairs that are the same or not", sample_shape, output_shape)
        convolved = {f"layers[{number}]": list(layer) for number, layer in enumerate(layers)}
        check_sizes(channels=channels, **convolved, widths=widths, embedding=embedding)
        shape, convolutions = tuple(sample_shape[1:]), []
        for depth, (kernel, stride) in enumerate(layers):
            site = Site("branches", (2,), depth)
            convolutions.append(SharedConv(sharing, site, shape[0], channels, shape[1:], kernel, stride))
            shape = convolutions[-1].output_shape
        sizes = [math.prod(shape), *widths, embedding]
        *before, last = linear_layers(sharing, "branches", 2, sizes, len(layers))
        self.convolutions, self.towers = Towers(2, convolutions, hidden), Towers(2, before, hidden)
        self.embedding = last

    def outputs(self, x: Tensor) -> Tensor:
        towers = self.towers(self.convolutions(x).flatten(2))
        return self.embedding.weight.mix(self.embedding(towers))

    def representations(self, x: Tensor) -> Tensor:
        """Both embeddings of either part."""
        return self.outputs(subsample(x.flatten(0, 1)).unsqueeze(1)).expand(-1, 2, -1).transpose(0, 1)
