"""Hard sharing, λ = ∞."""

from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, SharingStrategy, init_copies


class Hard(SharingStrategy):
    """Share hard: one parameter serves all uses.

    Over positions it turns a locally connected network into a CNN (LeCun et al. 1989), over branches two towers into
    a Siamese network (Bromley et al. 1993).

    Args:
        site: Where the weight is used.
        shape: Shape of the weight.
        init: Its initializer.

    Example:
        >>> weight = Hard(Site("tasks", (3,)), (4, 2), nn.init.normal_)
        >>> weight().shape, weight.value.numel()
        (torch.Size([3, 4, 2]), 8)
    """

    def __init__(self, site: Site, shape: tuple[int, ...], init: Init) -> None:
        super().__init__()
        self.copies = site.copies
        self.value = nn.Parameter(init_copies(1, shape, init, "same")[0])

    @property
    def shared_value(self) -> Tensor:
        return self.value

    def forward(self) -> Tensor:
        # A view: the copies take no memory, and their gradients sum into one.
        return self.value.expand(self.copies, *self.value.shape)

    def set_copies(self, copies: Tensor) -> None:
        self.value.copy_(copies.mean(0))
