"""A network whose site is the positions of its input: locally connected layers and a linear head."""

import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing import LocallyConnected, SharingFactory


class LocalNet(nn.Module):
    """Locally connected layers with ReLU, then a linear head, on sequences or images.

    With hard sharing it is a CNN; on MNIST-1D with the defaults of `conf/model/local1d.yaml` it is that of
    Greydanus & Kobak 2024 (github.com/greydanus/mnist1d), 5,210 parameters.

    Args:
        sample_shape: (channels, *size) of one input.
        outputs: values that the head returns.
        sharing: relates the copies of the filters over positions.
        hidden: makes what follows each activation.
        channels: output channels of every layer.
        layers: (kernel, stride) of each layer; `padding` is the same for all.
        dims: the dimensions of the inputs besides channels; UserError where the data have others.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        outputs: int,
        sharing: SharingFactory,
        hidden: Callable[[], nn.Module],
        channels: int,
        layers: Sequence[tuple[int, int]],
        padding: int,
        dims: int,
    ) -> None:
        super().__init__()
        in_channels, *size = sample_shape
        if len(size) != dims:
            raise UserError(
                f"this model takes samples with {dims} dimension(s) besides channels, the data have {len(size)}: "
                "choose model=local1d for sequences and model=local2d for images"
            )
        modules: list[nn.Module] = []
        for kernel, stride in layers:
            layer = LocallyConnected(sharing, in_channels, channels, tuple(size), kernel, stride, padding)
            modules += [layer, nn.ReLU(), hidden()]
            in_channels, size = channels, list(layer.output_size)
        self.layers = nn.Sequential(*modules)
        self.head = nn.Linear(channels * math.prod(size), outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, *sample_shape) -> (batch, outputs)."""
        return self.head(self.layers(x).flatten(1))
