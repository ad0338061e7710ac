"""Stacks of layers with copies: what patches, branches and tasks have in common."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from torch import Tensor, nn

from sharegap.models.network import Hidden
from sharegap.sharing import SharedConv, SharedLinear, SharingFactory, Site


def linear_layers(
    sharing: SharingFactory, kind: str, copies: int, sizes: Sequence[int], depth: int = 0
) -> list[SharedLinear]:
    """Layers from each of the `sizes` to the next. `kind` and `copies` name the site, `depth` counts layers before."""
    sites = (Site(kind, (copies,), depth + number) for number in range(len(sizes) - 1))
    return [SharedLinear(sharing, site, *pair) for site, pair in zip(sites, pairwise(sizes), strict=True)]


class Towers(nn.Sequential):
    """One tower of `layers` per copy: (batch, copies or 1, ...) -> (batch, copies, ...).

    Each layer is followed by ReLU, by what the copies make of each other's activations, and by `hidden()`.
    """

    def __init__(self, copies: int, layers: Sequence[SharedLinear | SharedConv], hidden: Hidden) -> None:
        self.copies = copies
        super().__init__(*(module for layer in layers for module in (layer, nn.ReLU(), hidden())))

    def forward(self, x: Tensor) -> Tensor:
        for layer, activation, hidden in self._layers():
            x = hidden(layer.weight.mix(activation(layer(x))))
        return x

    def own(self, x: Tensor, copy: Tensor) -> Tensor:
        """Each sample through one tower, that of the number `copy` (batch,): (batch, in) -> (batch, out)."""
        for layer, activation, hidden in self._layers():
            assert isinstance(layer, SharedLinear)
            x = hidden(activation(layer.own(x, copy)))
        return x

    @property
    def mixes(self) -> bool:
        """Whether the towers make anything of each other's activations."""
        return any(layer.weight.mixes for layer, _, _ in self._layers())

    def of_each_copy(self, inputs: Tensor) -> Tensor:
        """What every tower makes of all `inputs` (samples, in): (copies, samples, out)."""
        return self(inputs.unsqueeze(1)).expand(-1, self.copies, -1).transpose(0, 1)

    def _layers(self) -> Iterator[tuple[SharedLinear | SharedConv, nn.Module, nn.Module]]:
        modules = list(self)
        for layer, activation, hidden in zip(modules[0::3], modules[1::3], modules[2::3], strict=True):
            assert isinstance(layer, SharedLinear | SharedConv)
            yield layer, activation, hidden
