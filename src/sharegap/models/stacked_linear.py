"""A linear layer in each block of a stack, whose weights are copies over layers, heads or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from sharegap.sharing import SharingFactory, SharingStrategy, Site
from sharegap.sharing.strategy import Init, init_copies, shared_values, torch_init


class PlainCopies(nn.Module):
    """Copies that no strategy relates: a parameter for each, or one for all."""

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, is_shared: bool) -> None:
        super().__init__()
        self.copies = site.copies
        self.value = nn.Parameter(init_copies(1 if is_shared else site.copies, shape, init))

    def forward(self) -> Tensor:
        return self.value.expand(self.copies, *self.value.shape[1:])


@dataclass(frozen=True)
class SiteChoice:
    """Which sites of a network the sharing strategy relates, and which are always shared.

    Args:
        sharing: Relates the copies of the sites `varied`.
        varied: Names of these sites.
        shared: Names of the sites whose copies are one weight, whatever the strategy. All others are independent.
    """

    sharing: SharingFactory
    varied: Sequence[str]
    shared: Sequence[str]

    def make_copies(self, name: str, site: Site, shape: tuple[int, ...], init: Init) -> nn.Module:
        """Make the copies of a weight at the site of this name."""
        if name in self.varied:
            return self.sharing(site, shape, init)
        return PlainCopies(site, shape, init, is_shared=name in self.shared)


class StackedLinear(nn.Module):
    """Hold `torch.nn.Linear`'s weights for each block of a stack; a call returns (weight, bias) of every block.

    Args:
        choice: Which sites are varied.
        depth: Number of blocks.
        number: Number of shared layers before this one in a block.
        in_features: Inputs.
        out_features: Outputs of all heads together.
        heads: Above 1, the outputs are of heads, which are copies where the site heads is varied or shared.
        initial_std: Standard deviation of the initial weights, whose biases are then 0; None: PyTorch's.
    """

    def __init__(
        self,
        choice: SiteChoice,
        *,
        depth: int,
        number: int,
        in_features: int,
        out_features: int,
        heads: int = 1,
        initial_std: float | None = None,
    ) -> None:
        super().__init__()
        name, sites, per_copy = "layers", [Site("layers", (depth,), number, ordered=True)], out_features
        if heads > 1 and "heads" in choice.shared:
            per_copy = out_features // heads
        elif heads > 1 and "heads" in choice.varied:
            per_copy = out_features // heads
            if "layers" in choice.varied:
                sites = [Site("layers and heads", (depth, heads), number)]
            else:
                name, blocks = "heads", 1 if "layers" in choice.shared else depth
                sites = [Site("heads", (heads,), block) for block in range(blocks)]
        self.depth, self.is_per_head = depth, name == "heads"
        init = bias_init = torch_init(in_features)
        if initial_std is not None:
            init, bias_init = partial(nn.init.normal_, std=initial_std), nn.init.zeros_
        self.weights, self.biases = nn.ModuleList(), nn.ModuleList()
        for site in sites:
            self.weights.append(choice.make_copies(name, site, (per_copy, in_features), init))
            self.biases.append(choice.make_copies(name, site, (per_copy,), bias_init))

    def forward(self) -> list[tuple[Tensor, Tensor]]:
        """Return the weight (out, in) and the bias (out,) of each block; of heads that are one, the outputs of one."""
        blocks: list[tuple[Tensor, Tensor]] = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            blocks += self._of_one_block(weight, bias) if self.is_per_head else self._of_all_blocks(weight, bias)
        # Where blocks are always shared, all of them are the first.
        return blocks if len(blocks) == self.depth else blocks * self.depth

    def _of_one_block(self, weight: nn.Module, bias: nn.Module) -> list[tuple[Tensor, Tensor]]:
        assert isinstance(weight, SharingStrategy)
        assert isinstance(bias, SharingStrategy)
        return [shared_values(weight, bias) or (weight().flatten(0, 1), bias().flatten())]

    def _of_all_blocks(self, weight: nn.Module, bias: nn.Module) -> list[tuple[Tensor, Tensor]]:
        # Copies over layers and heads are numbered head by head within a layer.
        weights, biases = weight(), bias().reshape(self.depth, -1)
        return list(zip(weights.reshape(self.depth, -1, weights.shape[-1]).unbind(0), biases.unbind(0), strict=True))
