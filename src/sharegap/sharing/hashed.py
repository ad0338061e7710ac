"""Weights drawn from a few buckets by a fixed hash."""

import math

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.seeding import derive_seed
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, initial_copies


def hashes(numbers: int, buckets: int) -> tuple[Tensor, Tensor]:
    """A bucket (numbers,) and a sign (numbers,) for each number, the same at every call."""
    generator = torch.Generator().manual_seed(derive_seed(0, "hash", numbers, buckets))
    bucket = torch.randint(buckets, (numbers,), generator=generator)
    return bucket, torch.randint(2, (numbers,), generator=generator) * 2.0 - 1


class Hashed(SharingStrategy):
    """All numbers of a site are drawn from k buckets by a fixed hash, with a fixed sign (Chen et al. 2015).

    k is the numbers' count over `compression`, so a higher compression shares more; even at 1 a third of the
    buckets is unused and others serve twice. Sharing at random, with no regard to what the uses are: the control for
    strategies that claim to share what belongs together.
    """

    bucket: Tensor
    sign: Tensor

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, compression: float) -> None:
        super().__init__()
        if not 1 <= compression < math.inf:
            raise UserError(f"the compression is {compression}: it must be 1 or more and finite")
        size = math.prod(shape)
        buckets = math.ceil(site.copies * size / compression)
        drawn = initial_copies(math.ceil(buckets / size), shape, init, "independent")
        self.values = nn.Parameter(drawn.flatten()[:buckets].clone())
        bucket, sign = hashes(site.copies * size, buckets)
        self.register_buffer("bucket", bucket.view(site.copies, *shape))
        self.register_buffer("sign", sign.view(site.copies, *shape))

    def forward(self) -> Tensor:
        return self.values[self.bucket] * self.sign
