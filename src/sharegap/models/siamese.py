"""Site branches: two towers for the two parts of a pair."""

import math
from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from sharegap.models.network import Network, NetworkSpec, check_layers, check_sizes, require_shapes, subsample
from sharegap.models.towers import Towers, linear_layers
from sharegap.sharing import SharedConv, Site


class Siamese(Network):
    """Embed each part of a pair by a tower of its own: (batch, 2, ...) -> (batch, 2, embedding).

    With hard sharing it is a Siamese network (Bromley et al. 1993; Koch et al. 2015), with independent towers a
    pseudo-Siamese one. Only the branches are the site: a tower's convolutions always share filters over positions.

    Args:
        spec: Samples (2, ...), a pair; (2, channels, *size) with convolutions. Outputs (), because the task compares
            embeddings.
        channels: Output channels of each convolution, >= 1.
        layers: (kernel, stride) of the convolutions at the start of each tower; may be empty.
        widths: Widths of each tower's hidden linear layers; at least one.
        embedding: Features of its last, linear layer, >= 1.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> import torch
        >>> from sharegap.sharing import Hard
        >>> spec = NetworkSpec((2, 1, 8, 8), (), Hard)
        >>> network = Siamese(spec, channels=4, layers=[(3, 2)], widths=[16], embedding=8)
        >>> network(torch.ones(5, 2, 1, 8, 8)).shape
        torch.Size([5, 2, 8])
    """

    def __init__(
        self,
        spec: NetworkSpec,
        *,
        channels: int,
        layers: Sequence[tuple[int, int]],
        widths: Sequence[int],
        embedding: int,
    ) -> None:
        super().__init__()
        min_dims = 3 if layers else 2
        fits = len(spec.sample_shape) >= min_dims and spec.sample_shape[0] == 2 and not spec.output_shape
        require_shapes(spec, fits, "pairs that are the same or not")
        check_sizes(channels=channels, widths=widths, embedding=embedding)
        check_layers(layers)
        site, shape, convolutions = Site("branches", (2,), parallel=True), tuple(spec.sample_shape[1:]), []
        for depth, (kernel, stride) in enumerate(layers):
            layer_site = replace(site, depth=depth)
            convolutions.append(SharedConv(spec.sharing, layer_site, shape[0], channels, shape[1:], kernel, stride))
            shape = convolutions[-1].output_shape
        sizes = [math.prod(shape), *widths, embedding]
        *hidden, last = linear_layers(spec.sharing, replace(site, depth=len(layers)), sizes)
        self.convolutions = Towers(2, convolutions, spec.make_hidden_layer)
        self.towers = Towers(2, hidden, spec.make_hidden_layer)
        self.embedding = last

    def outputs(self, x: Tensor) -> Tensor:
        towers = self.towers(self.convolutions(x).flatten(2))
        return self.embedding.weight.mix_activations(self.embedding(towers))

    def representations(self, x: Tensor) -> Tensor:
        """Both towers' embeddings of either part."""
        # With hard sharing there is one tower; expanding gives the two copies to compare.
        return self.outputs(subsample(x.flatten(0, 1)).unsqueeze(1)).expand(-1, 2, -1).transpose(0, 1)
