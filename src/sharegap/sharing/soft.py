"""Soft sharing with a strength λ: a pull of the copies towards each other."""

import torch
from torch import Tensor

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.distances import distance_at
from sharegap.sharing.independent import Independent
from sharegap.sharing.site import Site
from sharegap.sharing.strategy import Init, Start

FORMS = ("penalty", "proximal")


class Soft(Independent):
    """Copies are pulled towards their mean, or each towards its neighbours.

    With the form `penalty`, the default, the loss takes their `distance` λ times. With the form `proximal` the same
    pull follows each step of the optimizer in closed form, for the distance l2 (Parikh & Boyd 2014): it is stable at
    every λ, where a stiff penalty drowns the loss in what an adaptive optimizer divides each gradient by.

    Soft parameter sharing: a term in the loss penalizes the difference between the parameters of different parts
    of the model (for tasks: Evgeniou & Pontil 2004; Duong et al. 2015). `distance` is one of `DISTANCES`: `l2`,
    the default, `l1`, `group`, `cosine`, or, at sites whose copies have neighbours, `smooth`.
    """

    def __init__(
        self,
        site: Site,
        shape: tuple[int, ...],
        init: Init,
        start: Start = "independent",
        distance: str = "l2",
        form: str = "penalty",
    ) -> None:
        super().__init__(site, shape, init, start)
        if form not in FORMS:
            raise unknown_name("form of soft sharing", form, FORMS)
        if form == "proximal" and distance != "l2":
            raise UserError(f"the proximal form has the distance l2 only, not {distance}: use form=penalty")
        self.distance = distance_at(site, distance)
        self.pulls = form == "proximal"

    def penalty(self) -> Tensor | None:
        return None if self.pulls else self.distance(self.value)

    def pull(self, amount: Tensor) -> None:
        if self.pulls:
            with torch.no_grad():
                self.value.sub_((self.value - self.value.mean(0)) * (amount / (1 + amount)))
