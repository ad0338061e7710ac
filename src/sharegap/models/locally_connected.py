"""Positions: locally connected layers, then linear ones."""

import math
from collections.abc import Sequence
from itertools import chain, pairwise

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.models.network import Hidden, Network, check_sizes, require_shapes, subsample
from sharegap.sharing import LocallyConnected, SharingFactory


class LocalNet(Network):
    """Locally connected layers with ReLU, then a linear head, on sequences or images.

    With hard sharing it is a CNN; on MNIST-1D with the defaults of `conf/model/local1d.yaml` it is that of
    Greydanus & Kobak 2024 (github.com/greydanus/mnist1d), 5,210 parameters. Without layers it is a linear model or,
    where `channels` has numbers nevertheless, a perceptron.

    Args:
        sample_shape: (channels, *size) of one input.
        output_shape: (outputs,).
        sharing: relates the copies of the filters over positions.
        hidden: makes what follows each activation.
        channels: output channels of every layer, or of each; further numbers are the outputs of linear layers with
            ReLU between those and the head, which have no copies.
        layers: (kernel, stride) of each layer; `padding` is the same for all.
        dims: the dimensions of the inputs besides channels; UserError where the data have others.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        channels: int | Sequence[int],
        layers: Sequence[tuple[int, int]],
        padding: int,
        dims: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) == dims + 1 and len(output_shape) == 1
        takes = "sequences (channels, length)" if dims == 1 else f"samples (channels, {dims} dimensions)"
        require_shapes(fits, f"{takes} of one class each", sample_shape, output_shape)
        check_sizes(channels=channels, **{f"layers[{i}]": list(layer) for i, layer in enumerate(layers)})
        outputs = [channels] * len(layers) if isinstance(channels, int) else list(channels)
        if len(outputs) < len(layers):
            raise UserError(
                f"model.network.channels has {len(outputs)} numbers for {len(layers)} layers: give one for each"
            )
        in_channels, *size = sample_shape
        modules: list[nn.Module] = []
        for depth, ((kernel, stride), out_channels) in enumerate(zip(layers, outputs, strict=False)):
            layer = LocallyConnected(sharing, in_channels, out_channels, tuple(size), kernel, stride, padding, depth)
            modules += [layer, nn.ReLU(), hidden()]
            in_channels, size = out_channels, list(layer.output_size)
        self.layers = nn.Sequential(*modules)
        features = [in_channels * math.prod(size), *outputs[len(layers) :]]
        linear = ((nn.Linear(*sizes), nn.ReLU(), hidden()) for sizes in pairwise(features))
        self.dense = nn.Sequential(*chain.from_iterable(linear))
        self.head = nn.Linear(features[-1], output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.dense(self.layers(x).flatten(1)))

    def representations(self, x: Tensor) -> Tensor:
        """Of the last layer's filters, on the windows of all positions."""
        *before, last, _, _ = self.layers
        for layer in before:
            x = layer(x)
        assert isinstance(last, LocallyConnected)
        windows = subsample(last.windows(x))
        return (windows @ last.filters().mT + last.bias().unsqueeze(1)).relu()
