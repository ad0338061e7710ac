"""Copies that differ from a shared weight by a mixture of learned directions."""

import torch
from torch import nn

from sharegap import SharingStrategy, UserError, init_copies


class Directions(SharingStrategy):
    """Add to one shared weight a mixture of `number` learned directions, with coefficients of each copy."""

    def __init__(self, site, shape, init, number):
        super().__init__()
        if not isinstance(number, int) or number < 1:
            raise UserError(f"number must be an integer >= 1, got {number}")
        self.shared = nn.Parameter(init_copies(1, shape, init)[0])
        self.directions = nn.Parameter(init_copies(number, shape, init))
        # At 0 all copies start equal.
        self.coefficients = nn.Parameter(torch.zeros(site.copies, number))

    def forward(self):
        return self.shared + torch.tensordot(self.coefficients, self.directions, dims=1)
