"""Hard sharing, λ = ∞, in all layers of a network or in the first few."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, Start


class Hard(SharingStrategy):
    """One parameter serves every use: what makes a CNN out of a locally connected net (LeCun et al. 1989)."""

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init) -> None:
        super().__init__()
        self.copies = site.copies
        self.value = nn.Parameter(torch.empty(shape))
        with torch.no_grad():
            init(self.value)

    def forward(self) -> Tensor:
        return self.value.expand(self.copies, *self.value.shape)


def hard_first(
    site: Site, shape: tuple[int, ...], init: Init, layers: int, start: Start = "independent"
) -> SharingStrategy:
    """Hard sharing in the first `layers` shared layers of the network, none in the others.

    How deep to share: the first layers of a network learn what is common, the last what is particular to a use
    (Yosinski et al. 2014; for tasks Ruder 2017). 0 layers are `Independent`. Raises UserError below 0.
    """
    shared = site.depth < as_int("the number of layers that share", layers, minimum=0)
    return Hard(site, shape, init) if shared else Independent(site, shape, init, start)
