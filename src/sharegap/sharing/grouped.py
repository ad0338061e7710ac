"""Hard sharing within groups of copies."""

import torch
from torch import Tensor, nn

from sharegap.errors import as_int
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies


class Grouped(SharingStrategy):
    """Share hard within groups of copies that follow each other, and nothing between groups.

    Over the heads of a transformer it is grouped-query attention (Ainslie et al. 2023), over its layers ALBERT with
    groups (Lan et al. 2020). One group is `Hard`; as many groups as copies are `Independent`.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one group's weight.
        groups: Number of groups, >= 1; at most the number of copies is used. Their sizes differ by at most one.

    Raises:
        UserError: If `groups` is not an integer >= 1.

    Example:
        >>> weight = Grouped(Site("heads", (4,)), (3, 2), nn.init.normal_, groups=2)
        >>> weight().shape, weight.values.shape, torch.equal(weight()[0], weight()[1])
        (torch.Size([4, 3, 2]), torch.Size([2, 3, 2]), True)
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, groups: int) -> None:
        super().__init__()
        groups = min(as_int("groups", groups), site.copies)
        ends = [site.copies * (group + 1) // groups for group in range(groups)]
        self.sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        # One group starts as `Hard` does.
        self.values = nn.Parameter(init_copies(groups, shape, init, "same" if groups == 1 else "independent"))

    @property
    def shared_value(self) -> Tensor | None:
        return self.values[0] if len(self.sizes) == 1 else None

    def forward(self) -> Tensor:
        copies = []
        for value, size in zip(self.values.unbind(0), self.sizes, strict=True):
            copies.append(value.expand(size, *value.shape))
        return torch.cat(copies)

    def set_copies(self, copies: Tensor) -> None:
        for value, members in zip(self.values, copies.split(self.sizes), strict=True):
            value.copy_(members.mean(0))
