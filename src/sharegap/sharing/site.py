"""A place in a network where one set of weights could serve several uses."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """Describe a place in a network where one set of weights could serve several uses, its copies.

    A site says nothing about how its copies are related: that is the sharing strategy's part.

    Args:
        name: What the copies are for, e.g. "positions" or "tasks"; used in messages.
        grid: Number of copies along each dimension; copies are numbered in row-major order.
        depth: Number of shared layers between the input and this one, 0 for the first.
        ordered: Whether neighbours on the grid are neighbours in the network, as positions and time steps are.
        parallel: Whether the copies' activations have the same meaning unit by unit, as those of two towers have.
        inputs: First dimension of a weight that runs over inputs, and the one after the last, None for the end. By
            default all but the first; a bias has none.

    Example:
        >>> site = Site("positions", (3, 4), ordered=True)
        >>> site.copies
        12
    """

    name: str
    grid: tuple[int, ...]
    depth: int = 0
    ordered: bool = False
    parallel: bool = False
    inputs: tuple[int, int | None] = (1, None)

    @property
    def copies(self) -> int:
        """Number of copies."""
        return math.prod(self.grid)

    def input_dims(self, shape: tuple[int, ...]) -> range:
        """The dimensions of a weight of this shape that run over its inputs; none of a bias."""
        return range(len(shape))[slice(*self.inputs)]
