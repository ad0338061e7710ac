"""Stacks of linear layers with copies: what patches, branches and tasks have in common."""

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from sharegap.models.network import Hidden
from sharegap.sharing import CopiedLinear, SharingFactory, Site


class Towers(nn.Sequential):
    """One multilayer perceptron per copy: (batch, copies or 1, in) -> (batch, copies, widths[-1]).

    `kind` and `copies` name the site. Each layer is followed by ReLU, by what the copies make of each other's
    activations, and by `hidden()`.
    """

    def __init__(
        self, sharing: SharingFactory, kind: str, copies: int, in_features: int, widths: Sequence[int], hidden: Hidden
    ) -> None:
        self.copies = copies
        modules: list[nn.Module] = []
        for depth, width in enumerate(widths):
            layer = CopiedLinear(sharing, Site(kind, (copies,), depth), in_features, width)
            modules += [layer, nn.ReLU(), hidden()]
            in_features = width
        super().__init__(*modules)

    def forward(self, x: Tensor) -> Tensor:
        for layer, activation, hidden in self._layers():
            x = hidden(layer.weight.mix(activation(layer(x))))
        return x

    def own(self, x: Tensor, copy: Tensor) -> Tensor:
        """Each sample through one tower, that of the number `copy` (batch,): (batch, in) -> (batch, out)."""
        for layer, activation, hidden in self._layers():
            x = hidden(activation(layer.own(x, copy)))
        return x

    @property
    def mixes(self) -> bool:
        """Whether the towers make anything of each other's activations."""
        return any(layer.weight.mixes for layer, _, _ in self._layers())

    def of_each_copy(self, inputs: Tensor) -> Tensor:
        """What every tower makes of all `inputs` (samples, in): (copies, samples, out)."""
        return self(inputs.unsqueeze(1)).expand(-1, self.copies, -1).transpose(0, 1)

    def _layers(self) -> Iterator[tuple[CopiedLinear, nn.Module, nn.Module]]:
        modules = list(self)
        for layer, activation, hidden in zip(modules[0::3], modules[1::3], modules[2::3], strict=True):
            assert isinstance(layer, CopiedLinear)
            yield layer, activation, hidden
