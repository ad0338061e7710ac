"""Site positions: locally connected layers, then linear ones."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from sharegap.errors import UserError, check_int
from sharegap.models.network import Network, NetworkSpec, check_layers, check_sizes, require_shapes, subsample
from sharegap.sharing import LocallyConnected


class LocalNet(Network):
    """Apply locally connected layers with ReLU, then a linear head, to sequences or images.

    With hard sharing it is a CNN. With the sizes of `conf/model/local1d.yaml` it is that of Greydanus & Kobak 2024 on
    MNIST-1D (github.com/greydanus/mnist1d), 5,210 parameters. Without layers it is a linear model, or a perceptron if
    `channels` is not empty.

    Args:
        spec: Samples (channels, *size), outputs (outputs,).
        channels: Output channels of all layers, or a list with those of each. More numbers than layers are the widths
            of linear layers with ReLU before the head, which have no copies.
        layers: (kernel, stride) of each layer.
        padding: Zeros on both sides of every dimension, in all layers.
        dims: Number of dimensions in `size`.

    Raises:
        IncompatibleShapeError: For samples or outputs of other shapes.
        UserError: For sizes out of range.

    Example:
        >>> import torch
        >>> from sharegap.sharing import Independent
        >>> spec = NetworkSpec((1, 40), (10,), Independent)
        >>> network = LocalNet(spec, channels=8, layers=[(3, 2), (3, 2)], padding=1, dims=1)
        >>> network(torch.ones(5, 1, 40)).shape
        torch.Size([5, 10])
    """

    def __init__(
        self,
        spec: NetworkSpec,
        *,
        channels: int | Sequence[int],
        layers: Sequence[tuple[int, int]],
        padding: int,
        dims: int,
    ) -> None:
        super().__init__()
        check_sizes(dims=dims)
        check_int("model.network.padding", padding, minimum=0)
        samples = "sequences (channels, length)" if dims == 1 else f"samples (channels, {dims} dimensions)"
        fits = len(spec.sample_shape) == dims + 1 and len(spec.output_shape) == 1
        require_shapes(spec, fits, f"{samples} of one class each")
        check_sizes(channels=channels)
        check_layers(layers)
        widths = [channels] * len(layers) if isinstance(channels, int) else list(channels)
        if len(widths) < len(layers):
            raise UserError(
                f"model.network.channels must have one number for each of {len(layers)} layers, got {len(widths)}"
            )
        in_channels, *size = spec.sample_shape
        modules: list[nn.Module] = []
        for depth, ((kernel, stride), out_channels) in enumerate(zip(layers, widths, strict=False)):
            layer = LocallyConnected(
                spec.sharing, in_channels, out_channels, tuple(size), kernel, stride, padding, depth
            )
            modules += [layer, nn.ReLU(), spec.make_hidden_layer()]
            in_channels, size = out_channels, list(layer.output_size)
        self.layers = nn.Sequential(*modules)
        features = [in_channels * math.prod(size), *widths[len(layers) :]]
        dense: list[nn.Module] = []
        for width_in, width_out in pairwise(features):
            dense += [nn.Linear(width_in, width_out), nn.ReLU(), spec.make_hidden_layer()]
        self.dense = nn.Sequential(*dense)
        self.head = nn.Linear(features[-1], spec.output_shape[0])

    def outputs(self, x: Tensor) -> Tensor:
        return self.head(self.dense(self.layers(x).flatten(1)))

    def representations(self, x: Tensor) -> Tensor:
        """Of the last layer's filters, on the windows of all positions."""
        # Each layer is followed by ReLU and a hidden layer; the last filters' own ReLU is applied below.
        *before, last, _, _ = self.layers
        for layer in before:
            x = layer(x)
        assert isinstance(last, LocallyConnected)
        assert last.bias is not None
        windows = subsample(last.windows(x))
        return (windows @ last.filters().mT + last.bias().unsqueeze(1)).relu()
