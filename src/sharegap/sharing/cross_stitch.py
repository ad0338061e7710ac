"""Copies that exchange their activations."""

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init

INITIAL_DIAGONAL = 0.9
"""Initial weight of a copy's own activations; the other copies share the rest equally."""


def mix(stitch: Tensor, activations: Tensor) -> Tensor:
    """Return activations (batch, copies, ...) mixed over copies by `stitch` (copies, copies)."""
    # Flattened to one matrix product per sample, whatever the number of dimensions.
    return (stitch @ activations.flatten(2)).unflatten(2, activations.shape[2:])


class CrossStitch(Independent):
    """Exchange activations between copies after each layer: cross-stitch units (Misra et al. 2016).

    Weights stay independent. A learned matrix for each layer says how much a copy takes of each other copy's
    activations. The site must be parallel, as branches and tasks are.

    Args:
        site: Where the copies are used, a parallel one.
        shape: Shape of one copy. Copies of one dimension are biases, which have no stitch.
        init: Initializer of one copy.
        copies_init: "independent" (default) or "same".

    Raises:
        UserError: At a site that is not parallel.

    Example:
        >>> weight = CrossStitch(Site("tasks", (2,), parallel=True), (4, 3), nn.init.normal_)
        >>> activations = torch.tensor([[[1.0], [0.0]]])  # one sample, two copies, one unit
        >>> weight.mix_activations(activations).flatten().tolist()
        [0.8999..., 0.1000...]
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, copies_init: CopiesInit = "independent") -> None:
        super().__init__(site, shape, init, copies_init)
        if not site.parallel:
            raise UserError(
                f"the site of sharing=cross_stitch must have copies that work in parallel, got {site.name}: "
                "choose another sharing"
            )
        off_diagonal = (1 - INITIAL_DIAGONAL) / max(1, site.copies - 1)
        diagonal = INITIAL_DIAGONAL if site.copies > 1 else 1.0
        stitch = torch.full((site.copies, site.copies), off_diagonal).fill_diagonal_(diagonal)
        # A layer's activations are mixed once, by its weight: a bias has none of its own.
        self.stitch = nn.Parameter(stitch) if len(shape) > 1 else None

    def mix_activations(self, activations: Tensor) -> Tensor:
        return activations if self.stitch is None else mix(self.stitch, activations)
