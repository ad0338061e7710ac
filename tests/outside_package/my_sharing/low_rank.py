"""Copies that differ from a shared weight by a matrix of low rank."""

import torch
from torch import nn

from sharegap import SharingStrategy, UserError, init_copies


class LowRank(SharingStrategy):
    """Add to one shared weight a mixture of `rank` learned directions, with coefficients of each copy."""

    def __init__(self, site, shape, init, rank):
        super().__init__()
        if not isinstance(rank, int) or rank < 1:
            raise UserError(f"rank must be an integer >= 1, got {rank}")
        self.shared = nn.Parameter(init_copies(1, shape, init)[0])
        self.directions = nn.Parameter(init_copies(rank, shape, init))
        # At 0 all copies start equal.
        self.coefficients = nn.Parameter(torch.zeros(site.copies, rank))

    def forward(self):
        return self.shared + torch.tensordot(self.coefficients, self.directions, dims=1)
