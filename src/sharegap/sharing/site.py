"""A place in a network where one set of weights could serve several uses."""

import math
from dataclasses import dataclass

from sharegap.errors import unknown_name

ORDERED = ("positions", "time", "layers")
PARALLEL = ("branches", "tasks")
KINDS = (*ORDERED, *PARALLEL, "inputs", "encoder/decoder", "embeddings")


@dataclass(frozen=True)
class Site:
    """What a sharing strategy may know of the uses that its copies are for.

    Args:
        kind: one of KINDS.
        grid: how many copies there are along each dimension; copies are counted in row-major order.
        depth: which of the network's shared layers this is, 0 the one next to the input.
    """

    kind: str
    grid: tuple[int, ...]
    depth: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of site", self.kind, KINDS)

    @property
    def copies(self) -> int:
        return math.prod(self.grid)

    @property
    def ordered(self) -> bool:
        """Whether copies have neighbours."""
        return self.kind in ORDERED

    @property
    def parallel(self) -> bool:
        """Whether the copies' activations stand side by side, number for number."""
        return self.kind in PARALLEL
