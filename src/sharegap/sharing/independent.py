"""No sharing, λ = 0."""

from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init, SharingStrategy, init_copies


class Independent(SharingStrategy):
    """Share nothing: every copy is a parameter of its own.

    Copies are drawn independently by default. Copies that start equal are already mildly shared, because gradient
    descent stays near its start; the unshared baseline would get part of the effect that is to be measured.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: "independent" (default) or "same".

    Example:
        >>> weight = Independent(Site("tasks", (3,)), (4, 2), nn.init.normal_)
        >>> weight().shape, weight.value.numel()
        (torch.Size([3, 4, 2]), 24)
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init, copies_init: CopiesInit = "independent") -> None:
        super().__init__()
        self.value = nn.Parameter(init_copies(site.copies, shape, init, copies_init))

    def forward(self) -> Tensor:
        return self.value

    def set_copies(self, copies: Tensor) -> None:
        self.value.copy_(copies)
