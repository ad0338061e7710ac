"""A shared weight with deviations of low rank."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, draw_seed, init_copies
from sharegap.sharing.templates import combine, fit_combination


class LowRank(SharingStrategy):
    """Add to one shared weight deviations of rank k: w_c = w₀ + Σ_k (a_ck − ā_k) D_k, all learned.

    Stacked with one row per copy, the deviations are a matrix of rank k, the structure that tasks share in Ando &
    Zhang 2005. All copies start equal, as those of `Hard` do, which rank 0 is. Rank copies − 1 restricts nothing.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy, also of each direction D_k.
        rank: k >= 0; lower ranks share more. At most copies − 1 is used.

    Raises:
        UserError: If `rank` is not an integer >= 0.

    Example:
        >>> weight = LowRank(Site("tasks", (3,)), (4, 2), nn.init.normal_, rank=1)
        >>> weight().std(0).max().item(), weight.directions.shape
        (0.0, torch.Size([1, 4, 2]))
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, rank: int) -> None:
        super().__init__()
        rank = min(as_int("rank", rank, minimum=0), site.copies - 1)
        seed = draw_seed()
        self.shared = nn.Parameter(init_copies(1, shape, init, "same", seed)[0])
        self.directions = nn.Parameter(init_copies(rank, shape, init, "independent", seed))
        self.coefficients = nn.Parameter(torch.zeros(site.copies, rank))

    def forward(self) -> Tensor:
        # Centred: a direction that moved all copies at once would be hard sharing at a higher learning rate.
        return self.shared + combine(self.coefficients - self.coefficients.mean(0), self.directions)

    def set_copies(self, copies: Tensor) -> None:
        mean = copies.mean(0)
        self.shared.copy_(mean)
        fit_combination(copies - mean, self.coefficients, self.directions)
