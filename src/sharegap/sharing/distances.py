"""How far copies are apart, as functions of a tensor (copies, *shape) that return a scalar."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.site import ORDERED, Site


def l2(weight: Tensor) -> Tensor:
    """½ Σ‖w_c − w̄‖² over the copies c, w̄ their mean (Evgeniou & Pontil 2004): differences shrink in proportion."""
    return squared_distance_to_mean(weight) / 2


def l1(weight: Tensor) -> Tensor:
    """Σ|w_c − w̄| over all numbers (after Tibshirani 1996): single numbers of the copies can become equal."""
    return (weight - weight.mean(0)).abs().sum()


def group(weight: Tensor) -> Tensor:
    """Σ‖w_c − w̄‖, the norm not squared (after Yuan & Lin 2006): whole copies can fuse with the mean."""
    return torch.linalg.vector_norm((weight - weight.mean(0)).flatten(1), dim=1).sum()


def cosine(weight: Tensor) -> Tensor:
    """Σ 1 − cos(w_c, w̄): copies are to point the same way, however long each is."""
    flat = weight.flatten(1)
    return (1 - F.cosine_similarity(flat, flat.mean(0, keepdim=True), dim=1)).sum()


def smooth(weight: Tensor, grid: tuple[int, ...]) -> Tensor:
    """½ Σ‖w_c − w_d‖² over pairs of neighbours on the grid of copies: copies change gradually along it.

    The discrete Laplacian of graph-regularized multi-task learning (Evgeniou, Micchelli & Pontil 2005).
    """
    places = weight.unflatten(0, grid)
    steps = [places.diff(dim=along).square().sum() for along in range(len(grid))]
    return torch.stack(steps).sum() / 2


DISTANCES = {"l2": l2, "l1": l1, "group": group, "cosine": cosine}


def distance_of(name: str) -> Callable[[Tensor], Tensor]:
    """One of `DISTANCES`; raises UserError for another name."""
    if name not in DISTANCES:
        raise unknown_name("distance", name, DISTANCES)
    return DISTANCES[name]


def distance_at(site: Site, name: str) -> Callable[[Tensor], Tensor]:
    """A distance for the copies of `site`: one of `DISTANCES`, or `smooth` where the copies have neighbours."""
    if name not in (*DISTANCES, "smooth"):
        raise unknown_name("distance", name, (*DISTANCES, "smooth"))
    if name != "smooth":
        return distance_of(name)
    if not site.ordered:
        raise UserError(
            f"the distance smooth needs copies with neighbours ({', '.join(ORDERED)}), and this network's site is "
            f"its {site.kind}: choose another distance"
        )
    return partial(smooth, grid=site.grid)


def squared_distance_to_mean(weight: Tensor) -> Tensor:
    """Σ‖w_c − w̄‖²."""
    return (weight - weight.mean(0)).square().sum()


def squared_norm_of_mean(weight: Tensor) -> Tensor:
    """copies · ‖w̄‖²: what `squared_distance_to_mean` is set against."""
    return weight.mean(0).square().sum() * weight.shape[0]
