"""Site encoder/decoder: each layer of the decoder mirrors one of the encoder."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.network import Network, NetworkSpec, check_sizes, require_shapes, subsample
from sharegap.sharing import SharingStrategy, Site
from sharegap.sharing.strategy import torch_init


class Autoencoder(Network):
    """Encode samples and decode them by linear layers with ReLU: (batch, *sample_shape) -> (batch, features).

    A layer of the encoder and its mirror image in the decoder are two copies of one matrix, which the decoder uses
    transposed. With hard sharing it is a tied autoencoder (Vincent et al. 2008). Biases differ in shape, so they are
    never shared.

    Args:
        spec: Samples of any shape, outputs (features,), as many as a sample has numbers.
        widths: Widths of the encoder's layers, the code last; at least one.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> from sharegap.sharing import Hard
        >>> network = Autoencoder(NetworkSpec((1, 8, 8), (64,), Hard), widths=[16])
        >>> network(torch.ones(5, 1, 8, 8)).shape
        torch.Size([5, 64])
    """

    def __init__(self, spec: NetworkSpec, *, widths: Sequence[int]) -> None:
        super().__init__()
        features = math.prod(spec.sample_shape)
        require_shapes(spec, tuple(spec.output_shape) == (features,), "samples to reconstruct")
        check_sizes(widths=widths)
        sizes = [features, *widths]
        self.weights = nn.ModuleList()
        self.encoder_bias = nn.ParameterList()
        self.decoder_bias = nn.ParameterList()
        for depth, (width_in, width_out) in enumerate(pairwise(sizes)):
            site = Site("encoder/decoder", (2,), depth)
            self.weights.append(spec.sharing(site, (width_out, width_in), torch_init(width_in)))
            self.encoder_bias.append(torch.zeros(width_out))
            self.decoder_bias.append(torch.zeros(width_in))
        # None after the last layer, whose outputs are the reconstruction.
        self.hidden_layers = nn.ModuleList(spec.make_hidden_layer() for _ in range(2 * len(widths) - 1))

    def outputs(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        # All copies once: the encoder uses the first of each, the decoder the second.
        weights = [weight() for weight in self.weights]
        hidden_layers = iter(self.hidden_layers)
        for weight, bias in zip(weights, self.encoder_bias, strict=True):
            x = next(hidden_layers)(F.linear(x, weight[0], bias).relu())
        for depth in reversed(range(len(weights))):
            x = F.linear(x, weights[depth][1].mT, self.decoder_bias[depth])
            if depth:
                x = next(hidden_layers)(x.relu())
        return x

    def representations(self, x: Tensor) -> Tensor:
        """Of the first layer's two matrices, both used as an encoder."""
        first = self.weights[0]
        assert isinstance(first, SharingStrategy)
        return (subsample(x.flatten(1)) @ first().mT).relu()
