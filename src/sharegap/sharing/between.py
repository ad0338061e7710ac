"""Sharing for modules that exist already, in anybody's model."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.distances import distance_of


def penalty_between(modules: Sequence[nn.Module], distance: str = "l2") -> Tensor:
    """How far `modules` of one structure are apart, summed over their parameters: a scalar to add λ times to a loss.

    Each parameter's copies are pulled towards their mean, as `Soft` does; `distance` is one of `DISTANCES`. Raises
    UserError where the modules' parameters differ in name or shape.
    """
    apart = distance_of(distance)
    copies = [dict(module.named_parameters()) for module in modules]
    shapes = [{name: tuple(parameter.shape) for name, parameter in each.items()} for each in copies]
    for other in shapes[1:]:
        if other != shapes[0]:
            differing = sorted(dict(other.items() ^ shapes[0].items()))
            raise UserError(
                f"the modules differ in {', '.join(differing)}: only modules of one structure can be shared"
            )
    return torch.stack([apart(torch.stack([each[name] for each in copies])) for name in copies[0]]).sum()
