"""Soft sharing as a penalty on the distance between copies."""

from torch import Tensor

from sharegap.sharing.distances import distance_at
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import CopiesInit, Init


class SoftPenalty(Independent):
    """Share softly by a penalty: λ times the distance between copies is added to the loss.

    A penalty on the difference between parameters of different parts of a model, as for tasks in Evgeniou & Pontil
    2004 and Duong et al. 2015. λ = 0 is `Independent`. Under Adam great strengths do not train as `Hard` does: Adam
    divides the gradient of the loss by the size of the penalty's. `Soft` does.

    Args:
        site: Where the copies are used.
        shape: Shape of one copy.
        init: Initializer of one copy.
        copies_init: "independent" (default) or "same".
        distance: "l2" (default), "l1", "group", "cosine" or, at ordered sites, "smooth".

    Raises:
        UserError: For an unknown distance, or "smooth" at a site without an order.

    Example:
        >>> from torch import nn
        >>> weight = SoftPenalty(Site("tasks", (2,)), (1,), nn.init.normal_)
        >>> weight.load_state_dict({"value": Tensor([[1.0], [3.0]])})
        <All keys matched successfully>
        >>> weight.penalty().item()  # ½ · (1² + 1²), the mean is 2
        1.0
    """

    def __init__(
        self,
        site: Site,
        shape: tuple[int, ...],
        init: Init,
        copies_init: CopiesInit = "independent",
        distance: str = "l2",
    ) -> None:
        super().__init__(site, shape, init, copies_init)
        self.distance = distance_at(site, distance)
        self.approaches_hard = distance != "cosine"  # whose copies become parallel, at any length

    def penalty(self) -> Tensor:
        # As vectors, which a copy of a single number is not.
        return self.distance(self.value.reshape(len(self.value), -1))
