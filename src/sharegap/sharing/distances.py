"""Distances between copies: functions of a tensor (copies, *shape) that return a scalar."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.errors import UserError, unknown_name
from sharegap.sharing.site import Site

Distance = Callable[[Tensor], Tensor]


def l2(weight: Tensor) -> Tensor:
    """Return ½ Σ‖w_c − w̄‖² over the copies c, w̄ their mean (Evgeniou & Pontil 2004).

    Its gradient shrinks all differences in proportion.
    """
    return squared_distance_to_mean(weight) / 2


def l1(weight: Tensor) -> Tensor:
    """Return Σ|w_c − w̄| over all numbers (after Tibshirani 1996): single numbers of the copies can become equal."""
    return (weight - weight.mean(0)).abs().sum()


def group_lasso(weight: Tensor) -> Tensor:
    """Return Σ‖w_c − w̄‖, the norm not squared (after Yuan & Lin 2006): whole copies can fuse with the mean."""
    # vector_norm has the gradient 0 at 0, where sqrt of a sum of squares has NaN.
    return torch.linalg.vector_norm((weight - weight.mean(0)).flatten(1), dim=1).sum()


def cosine_distance(weight: Tensor) -> Tensor:
    """Return Σ 1 − cos(w_c, w̄): the directions of the copies are compared, not their lengths."""
    flat = weight.flatten(1)
    return (1 - F.cosine_similarity(flat, flat.mean(0, keepdim=True), dim=1)).sum()


def smooth(weight: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Return ½ Σ‖w_c − w_d‖² over pairs of neighbours on the grid: copies change gradually along it.

    The discrete Laplacian of graph-regularized multi-task learning (Evgeniou, Micchelli & Pontil 2005).
    """
    # Differences along each dimension are all pairs of neighbours, each once.
    on_grid = weight.unflatten(0, grid)
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


def penalty_between(modules: Sequence[nn.Module], distance: str = "l2") -> Tensor:
    """Return the distance between modules of one structure, summed over their parameters.

    Add λ times this scalar to a loss to share softly, in any PyTorch model.

    Args:
        modules: At least one; their parameters must agree in name and shape.
        distance: "l2" (default), "l1", "group" or "cosine".

    Raises:
        UserError: For an unknown distance, or modules of different structure.

    Example:
        >>> left, right = nn.Linear(8, 4), nn.Linear(8, 4)
        >>> loss = 0.1 * penalty_between([left, right])
        >>> loss.backward()
        >>> torch.allclose(left.weight.grad, -right.weight.grad)
        True
    """
    measure = get_distance(distance)
    parameters = [dict(module.named_parameters()) for module in modules]
    _require_same_structure(parameters)
    penalties = []
    # Parameter by parameter, because the distances group and cosine are not sums over the parts of a vector.
    for name in parameters[0]:
        copies = torch.stack([copy[name] for copy in parameters])
        penalties.append(measure(copies))
    return torch.stack(penalties).sum()


def _require_same_structure(parameters: Sequence[dict[str, nn.Parameter]]) -> None:
    """Raise UserError where the parameters of modules differ in name or shape."""
    shapes = [_shapes(copy) for copy in parameters]
    for other in shapes[1:]:
        if other != shapes[0]:
            names = sorted({name for name, _ in other ^ shapes[0]})
            raise UserError(f"modules must agree in the names and shapes of parameters, got other {', '.join(names)}")


def _shapes(parameters: dict[str, nn.Parameter]) -> set[tuple[str, torch.Size]]:
    return {(name, parameter.shape) for name, parameter in parameters.items()}


def squared_distance_to_mean(weight: Tensor) -> Tensor:
    """Return Σ‖w_c − w̄‖²."""
    return (weight - weight.mean(0)).square().sum()


def squared_norm_of_mean(weight: Tensor) -> Tensor:
    """Return copies · ‖w̄‖²: the scale of `squared_distance_to_mean`."""
    return weight.mean(0).square().sum() * weight.shape[0]
