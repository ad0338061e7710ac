"""Stacks of layers with copies, which patches, branches and tasks have in common."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from torch import Tensor, nn

from sharegap.sharing import SharedConv, SharedLinear, SharingFactory, Site
from sharegap.sharing.strategy import overrides


def linear_layers(sharing: SharingFactory, site: Site, sizes: Sequence[int]) -> list[SharedLinear]:
    """Return linear layers from each size to the next, with copies.

    Args:
        sharing: Relates the copies of each layer.
        site: Where the copies of the first layer are used; each further layer is one deeper.
        sizes: Numbers of features, the inputs first.

    Returns:
        One layer fewer than there are sizes.
    """
    layers = []
    for number, (in_features, out_features) in enumerate(pairwise(sizes)):
        layer_site = replace(site, depth=site.depth + number)
        layers.append(SharedLinear(sharing, layer_site, in_features, out_features))
    return layers


class Towers(nn.Sequential):
    """One tower of `layers` per copy: (batch, copies or 1, ...) -> (batch, copies, ...).

    Each layer is followed by ReLU, the exchange of activations between copies, and a hidden layer.

    Args:
        copies: Number of towers.
        layers: Layers with that many copies.
        make_hidden_layer: Makes what follows each activation.
    """

    def __init__(
        self,
        copies: int,
        layers: Sequence[SharedLinear | SharedConv],
        make_hidden_layer: Callable[[], nn.Module],
    ) -> None:
        self.copies = copies
        modules: list[nn.Module] = []
        for layer in layers:
            modules += [layer, nn.ReLU(), make_hidden_layer()]
        super().__init__(*modules)

    def forward(self, x: Tensor) -> Tensor:
        for layer, activation, hidden_layer in self._blocks():
            # Mixed before the hidden layer: mixing would average the noise of dropout over copies.
            x = hidden_layer(layer.weight.mix_activations(activation(layer(x))))
        return x

    def forward_one(self, x: Tensor, copy: Tensor) -> Tensor:
        """Apply to each sample the one tower with its index.

        Args:
            x: (batch, in).
            copy: Index of each sample's tower, (batch,).

        Returns:
            (batch, out).
        """
        for layer, activation, hidden_layer in self._blocks():
            assert isinstance(layer, SharedLinear)
            x = hidden_layer(activation(layer.forward_one(x, copy)))
        return x

    def forward_all(self, x: Tensor) -> Tensor:
        """Apply every tower to all inputs: (samples, in) -> (copies, samples, out)."""
        # With hard sharing one tower has been computed; expanding repeats it without a copy.
        return self(x.unsqueeze(1)).expand(-1, self.copies, -1).transpose(0, 1)

    @property
    def mixes_activations(self) -> bool:
        """Whether towers exchange activations, so that none can be computed alone."""
        return any(overrides(layer.weight, "mix_activations") for layer, _, _ in self._blocks())

    def _blocks(self) -> Iterator[tuple[SharedLinear | SharedConv, nn.Module, nn.Module]]:
        modules = list(self)
        for layer, activation, hidden_layer in zip(modules[0::3], modules[1::3], modules[2::3], strict=True):
            assert isinstance(layer, SharedLinear | SharedConv)
            yield layer, activation, hidden_layer
