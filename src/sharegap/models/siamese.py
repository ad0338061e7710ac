"""Branches: two towers for the two parts of a pair."""

import math
from collections.abc import Sequence

from torch import Tensor

from sharegap.models.network import Hidden, Network, check_sizes, refuse_unless, some
from sharegap.models.towers import Towers
from sharegap.sharing import CopiedLinear, SharingFactory, Site


class Siamese(Network):
    """A tower for each part of a pair, which ends in an embedding: (batch, 2, ...) -> (batch, 2, embedding).

    With hard sharing a Siamese network (Bromley et al. 1993; Koch et al. 2015), with independent towers a
    pseudo-Siamese one.

    Args:
        sample_shape: (2, ...) of a pair.
        output_shape: (), for the task compares embeddings.
        sharing: relates the copies over the two branches.
        hidden: makes what follows each activation.
        widths: of each tower's hidden layers.
        embedding: features of its last, linear layer.
    """

    def __init__(
        self,
        sample_shape: Sequence[int],
        output_shape: Sequence[int],
        sharing: SharingFactory,
        hidden: Hidden,
        widths: Sequence[int],
        embedding: int,
    ) -> None:
        super().__init__()
        fits = len(sample_shape) > 1 and sample_shape[0] == 2 and not output_shape
        refuse_unless(fits, "pairs that are the same or not", sample_shape, output_shape)
        check_sizes(widths=widths, embedding=embedding)
        self.towers = Towers(sharing, "branches", 2, math.prod(sample_shape[1:]), widths, hidden)
        self.embedding = CopiedLinear(sharing, Site("branches", (2,), len(widths)), widths[-1], embedding)

    def outputs(self, x: Tensor) -> Tensor:
        return self._embed(self.towers(x.flatten(2)))

    def representations(self, x: Tensor) -> Tensor:
        """Both embeddings of either part."""
        towers = self.towers.of_each_copy(some(x.flatten(2).flatten(0, 1)))
        return self._embed(towers.transpose(0, 1)).transpose(0, 1)

    def _embed(self, towers: Tensor) -> Tensor:
        return self.embedding.weight.mix(self.embedding(towers))
