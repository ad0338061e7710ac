"""Encoder and decoder: each layer of the decoder mirrors one of the encoder."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.sharing import SharingFactory, SharingStrategy, Site
from sharegap.sharing.strategy import torch_init


class Autoencoder(Network):
    """Linear layers with ReLU to a code and back: (batch, *sample_shape) -> (batch, features).

    A layer and its mirror image are two copies of one matrix, which the decoder uses transposed: with hard
    sharing a tied autoencoder (Vincent et al. 2008). Biases are never shared, for they differ in shape.

    Args:
        sample_shape: of one input.
        output_shape: (features,), as many as the input has.
        sharing: relates encoder and decoder.
        hidden: makes what follows each activation.
        widths: of the encoder's layers, the code last.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        widths: Sequence[int],
    ) -> None:
        super().__init__()
        features = math.prod(sample_shape)
        require_shapes(tuple(output_shape) == (features,), "samples to reconstruct", sample_shape, output_shape)
        check_sizes(widths=widths)
        sizes = [features, *widths]
        self.weights = nn.ModuleList()
        for depth, (width_in, width_out) in enumerate(zip(sizes, widths, strict=False)):
            site = Site("encoder/decoder", (2,), depth)
            self.weights.append(sharing(site, (width_out, width_in), torch_init(width_in)))
        self.encoder_bias = nn.ParameterList(torch.zeros(width) for width in widths)
        self.decoder_bias = nn.ParameterList(torch.zeros(width) for width in sizes[:-1])
        self.hidden = nn.ModuleList(hidden() for _ in range(2 * len(widths) - 1))

    def outputs(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        weights = [weight() for weight in self.weights]
        hidden = iter(self.hidden)
        for weight, bias in zip(weights, self.encoder_bias, strict=True):
            x = next(hidden)(F.linear(x, weight[0], bias).relu())
        for layer in reversed(range(len(weights))):
            x = F.linear(x, weights[layer][1].mT, self.decoder_bias[layer])
            if layer:
                x = next(hidden)(x.relu())
        return x

    def representations(self, x: Tensor) -> Tensor:
        """Of the first layer's two matrices, both as an encoder's."""
        first = self.weights[0]
        assert isinstance(first, SharingStrategy)
        return (subsample(x.flatten(1)) @ first().mT).relu()
