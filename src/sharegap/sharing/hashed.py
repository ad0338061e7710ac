"""Weights drawn from a few buckets by a fixed hash."""

import math

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.seeding import derive_seed
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies, scatter_mean


def hash_indices(numbers: int, buckets: int) -> tuple[Tensor, Tensor]:
    """Return a bucket and a sign, each (numbers,), for every number; equal arguments give equal results."""
    # A generator of its own: the hash must neither depend on a run's seed nor advance its random state.
    generator = torch.Generator().manual_seed(derive_seed(0, "hash", numbers, buckets))
    bucket = torch.randint(buckets, (numbers,), generator=generator)
    sign = torch.randint(2, (numbers,), generator=generator) * 2.0 - 1
    return bucket, sign


class Hashed(SharingStrategy):
    """Draw all numbers of a site from few buckets by a fixed hash, with a fixed sign.

    HashedNets (Chen et al. 2015). Sharing at random, whatever the uses are: a control for strategies that claim to
    share what belongs together. Even with compression 1, about a third of the buckets is unused.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy, whose values fill the buckets.
        compression: Numbers per bucket, >= 1 and finite; higher shares more.

    Raises:
        UserError: For a compression out of range.

    Example:
        >>> weight = Hashed(Site("tasks", (3,)), (4, 2), nn.init.normal_, compression=4)
        >>> weight().shape, weight.values.numel()
        (torch.Size([3, 4, 2]), 6)
    """

    bucket: Tensor
    sign: Tensor

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, compression: float) -> None:
        super().__init__()
        if not 1 <= compression < math.inf:
            raise UserError(f"compression must be a finite number >= 1, got {compression}")
        size = math.prod(shape)
        buckets = math.ceil(site.copies * size / compression)
        # Whole copies are drawn, because an initializer knows the shape of one copy only.
        drawn = init_copies(math.ceil(buckets / size), shape, init)
        self.values = nn.Parameter(drawn.flatten()[:buckets].clone())
        bucket, sign = hash_indices(site.copies * size, buckets)
        self.register_buffer("bucket", bucket.view(site.copies, *shape))
        self.register_buffer("sign", sign.view(site.copies, *shape))

    def forward(self) -> Tensor:
        return self.values[self.bucket] * self.sign

    def set_copies(self, copies: Tensor) -> None:
        self.values.copy_(scatter_mean(copies * self.sign, self.bucket, self.values))
