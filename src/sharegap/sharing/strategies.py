"""The sharing strategies: independent (λ = 0), soft (λ) and hard (λ = ∞)."""

import torch
from torch import Tensor, nn

from sharegap.errors import UserError, unknown
from sharegap.sharing.distance import distance_of
from sharegap.sharing.strategy import Init, SharingStrategy, Start, initial_copies


class Independent(SharingStrategy):
    """Nothing is shared: every copy is a parameter of its own.

    `start="independent"`, the default, draws each copy anew: to start all copies at one point is itself a
    mild form of sharing (gradient descent stays near its start), and would lend the unshared baseline
    a part of what the benchmark measures.
    """

    def __init__(self, copies: int, shape: tuple[int, ...], init: Init, start: Start = "independent") -> None:
        super().__init__()
        self.value = nn.Parameter(initial_copies(copies, shape, init, start))

    def forward(self) -> Tensor:
        return self.value


class Soft(Independent):
    """Copies are pulled towards their mean.

    With the form `penalty`, the default, the loss takes their `distance` λ times. With the form `proximal` the same
    pull follows each step of the optimizer in closed form, for the distance l2 (Parikh & Boyd 2014): it is stable at
    every λ, where a stiff penalty drowns the loss in what an adaptive optimizer divides each gradient by.

    Soft parameter sharing: a term in the loss penalizes the difference between the parameters of different parts
    of the model (for tasks: Evgeniou & Pontil 2004; Duong et al. 2015). `distance` is one of `DISTANCES`: `l2`,
    the default, `l1`, `group` or `cosine`.
    """

    def __init__(
        self,
        copies: int,
        shape: tuple[int, ...],
        init: Init,
        start: Start = "independent",
        distance: str = "l2",
        form: str = "penalty",
    ) -> None:
        super().__init__(copies, shape, init, start)
        if form not in ("penalty", "proximal"):
            raise unknown("form of soft sharing", form, ("penalty", "proximal"))
        if form == "proximal" and distance != "l2":
            raise UserError(f"the proximal form has the distance l2 only, not {distance}: use form=penalty")
        self.distance = distance_of(distance)
        self.pulls = form == "proximal"

    def penalty(self) -> Tensor | None:
        return None if self.pulls else self.distance(self.value)

    def pull(self, amount: Tensor) -> None:
        with torch.no_grad():
            self.value.sub_((self.value - self.value.mean(0)) * (amount / (1 + amount)))


class Hard(SharingStrategy):
    """One parameter serves every use: what makes a CNN out of a locally connected net (LeCun et al. 1989)."""

    def __init__(self, copies: int, shape: tuple[int, ...], init: Init) -> None:
        super().__init__()
        self.copies = copies
        self.value = nn.Parameter(torch.empty(shape))
        with torch.no_grad():
            init(self.value)

    def forward(self) -> Tensor:
        return self.value.expand(self.copies, *self.value.shape)
