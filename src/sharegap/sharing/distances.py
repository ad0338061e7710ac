"""Distances between copies: functions of a tensor (copies, *shape) that return a scalar.

They compute in single precision at least: the sum over a layer's weights is often larger than half precision holds.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.site import Site

Distance = Callable[[Tensor], Tensor]

MIN_NORM = 1e-3
"""Below this norm the direction of a copy fades away: one that is zero has none."""


def l2(weight: Tensor) -> Tensor:
    """Return ½ Σ‖w_c − w̄‖² over the copies c, w̄ their mean (Evgeniou & Pontil 2004).

    Its gradient shrinks all differences in proportion.
    """
    return squared_distance_to_mean(weight) / 2


def l1(weight: Tensor) -> Tensor:
    """Return Σ|w_c − w̄| over all numbers (after Tibshirani 1996): single numbers of the copies can become equal."""
    return deviations(weight).abs().sum()


def group_lasso(weight: Tensor) -> Tensor:
    """Return Σ‖w_c − w̄‖, the norm not squared (after Yuan & Lin 2006): whole copies can fuse with the mean."""
    # vector_norm has the gradient 0 at 0, where sqrt of a sum of squares has NaN.
    return torch.linalg.vector_norm(deviations(weight).flatten(1), dim=1).sum()


def cosine_distance(weight: Tensor) -> Tensor:
    """Return Σ 1 − cos(w_c, w̄): the directions of the copies are compared, not their lengths.

    Copies and means whose norm is below `MIN_NORM` count as alike the more, the closer to zero they are. So copies that
    are all zero are 0 apart, and the gradient stays below 6 / `MIN_NORM`.
    """
    flat = widen(weight).flatten(1)
    # Half the squared distance of two points on the unit sphere is 1 − cos.
    return (_directions(flat) - _directions(flat.mean(0, keepdim=True))).square().sum() / 2


def _directions(vectors: Tensor) -> Tensor:
    """Divide vectors (n, numbers) by their norms; one more number, for all whose norm is too small, is 1 at zero."""
    norms = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    return torch.cat([vectors / norms.clamp(min=MIN_NORM), 1 - (norms / MIN_NORM).clamp(max=1)], 1)


def smooth(weight: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Return ½ Σ‖w_c − w_d‖² over pairs of neighbours on the grid: copies change gradually along it.

    The discrete Laplacian of graph-regularized multi-task learning (Evgeniou, Micchelli & Pontil 2005).
    """
    # Differences along each dimension are all pairs of neighbours, each once.
    on_grid = widen(weight).unflatten(0, grid)
    steps = []
    for dim in range(len(grid)):
        steps.append(on_grid.diff(dim=dim).square().sum())
    return torch.stack(steps).sum() / 2


DISTANCES: dict[str, Distance] = {"l2": l2, "l1": l1, "group": group_lasso, "cosine": cosine_distance}
"""Distances to the mean of the copies, by the value of the option `distance`."""


def get_distance(name: str) -> Distance:
    """Return one of `DISTANCES`; raise UserError for another name."""
    if name not in DISTANCES:
        raise unknown_name("distance", name, DISTANCES)
    return DISTANCES[name]


def distance_at(site: Site, name: str) -> Distance:
    """Return the distance `name` for the copies of `site`.

    Args:
        site: Where the copies are used.
        name: One of `DISTANCES`, or "smooth" at an ordered site.

    Raises:
        UserError: For another name, or "smooth" at a site without an order.
    """
    if name not in (*DISTANCES, "smooth"):
        raise unknown_name("distance", name, (*DISTANCES, "smooth"))
    if name != "smooth":
        return get_distance(name)
    if not site.ordered:
        raise UserError(
            f"the site of distance=smooth must have copies with neighbours, got {site.name}: choose another distance"
        )
    return partial(smooth, grid=site.grid)


def squared_distance_to_mean(weight: Tensor) -> Tensor:
    """Return Σ‖w_c − w̄‖²."""
    return deviations(weight).square().sum()


def squared_norm_of_mean(weight: Tensor) -> Tensor:
    """Return copies · ‖w̄‖²: the scale of `squared_distance_to_mean`."""
    return widen(weight).mean(0).square().sum() * weight.shape[0]


def deviations(weight: Tensor) -> Tensor:
    """Return w_c − w̄ of all copies, in single precision at least."""
    weight = widen(weight)
    return weight - weight.mean(0)


def widen(weight: Tensor) -> Tensor:
    """Return the tensor in single precision, or in its own if that is wider."""
    return weight.to(torch.promote_types(weight.dtype, torch.float32))
