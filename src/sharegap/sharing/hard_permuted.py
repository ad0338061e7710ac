"""Hard sharing with the wrong structure."""

import math

import torch
from torch import Tensor, nn

from sharegap.seeding import derive_seed
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies, scatter_mean


def permuted_indices(site: Site, shape: tuple[int, ...]) -> Tensor:
    """Return for every number of every copy its index in the one flat weight, (copies, *shape).

    In each copy the inputs have a fixed order of their own; equal arguments give equal results.
    """
    indices, dims = torch.arange(math.prod(shape)).view(shape), site.input_dims(shape)
    if not dims:
        return indices.repeat(site.copies, *[1] * len(shape))
    # Inputs of several dimensions, such as channels and taps of a kernel, are ordered as one.
    inputs, copies = indices.flatten(dims.start, dims.stop - 1), []
    for copy in range(site.copies):
        # A generator of its own: the order must neither depend on a run's seed nor advance its random state.
        generator = torch.Generator().manual_seed(derive_seed(0, "order of inputs", site.depth, copy))
        order = torch.randperm(inputs.shape[dims.start], generator=generator)
        copies.append(inputs.index_select(dims.start, order).view(shape))
    return torch.stack(copies)


class HardPermuted(SharingStrategy):
    """Share hard, but each copy takes its inputs in a fixed order of its own.

    It has as few parameters as `Hard`, and the wrong structure: a control for what the right one is worth. A bias has
    no inputs and is shared as by `Hard`. Of two embeddings, the tokens are permuted.

    Args:
        site: Where the weight is used; it says which dimensions are inputs.
        shape: Shape of the weight.
        init: Its initializer.

    Example:
        >>> weight = HardPermuted(Site("tasks", (2,)), (4, 8), nn.init.normal_)
        >>> one, other = weight()
        >>> torch.equal(one, other), torch.equal(one.sort().values, other.sort().values)
        (False, True)
    """

    indices: Tensor

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init) -> None:
        super().__init__()
        self.value = nn.Parameter(init_copies(1, shape, init, "same")[0])
        self.register_buffer("indices", permuted_indices(site, shape))

    def forward(self) -> Tensor:
        return self.value.flatten()[self.indices]

    def set_copies(self, copies: Tensor) -> None:
        self.value.copy_(scatter_mean(copies, self.indices, self.value.flatten()).view_as(self.value))
