"""Copies that exchange their activations."""

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import PARALLEL, Site
from sharegap.sharing.strategy import Init, Start

OWN = 0.9
"""What a copy starts with of its own activations; the rest it takes from the others in equal parts."""


class CrossStitch(Independent):
    """After each layer, every copy goes on with a learned mixture of all copies' activations (Misra et al. 2016).

    It serves sites whose copies work side by side, branches and tasks; elsewhere it raises UserError. Weights stay
    independent; the network learns how much each layer has in common.
    """

    mixes = True

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, start: Start = "independent") -> None:
        super().__init__(site, shape, init, start)
        if not site.parallel:
            raise UserError(
                f"cross_stitch mixes the activations of {' or '.join(PARALLEL)}, and this network's site is "
                f"its {site.kind}: choose another sharing"
            )
        others = (1 - OWN) / max(1, site.copies - 1)
        stitch = torch.full((site.copies, site.copies), others).fill_diagonal_(OWN if site.copies > 1 else 1.0)
        # Biases have no activations of their own.
        self.stitch = nn.Parameter(stitch) if len(shape) > 1 else None

    def mix(self, activations: Tensor) -> Tensor:
        if self.stitch is None:
            return activations
        return (self.stitch @ activations.flatten(2)).unflatten(2, activations.shape[2:])
