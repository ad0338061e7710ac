"""What the copies of a site begin with: the module's own weights, or newly drawn ones."""

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import cycle

import torch
from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.sharing.strategy import Init, SharingStrategy

TOLERANCE = 1e-4
"""Up to this distance, relative to their norm, copies count as those that were given."""


def begin_from(starts: Iterable[tuple[str, SharingStrategy, Tensor]]) -> None:
    """Let weights begin from given copies, or the nearest that they can represent, and say how far these are.

    Args:
        starts: The name of a site, a weight of it, and what its copies should be, (copies, *shape).
    """
    squares: dict[tuple[str, str], list[Tensor]] = defaultdict(list)
    for site, weight, copies in starts:
        squares[site, type(weight).__name__].append(_set_copies(weight, copies))
    for (site, strategy), summands in squares.items():
        distance, norm = torch.stack(summands).sum(0).sqrt().unbind()
        if distance > TOLERANCE * norm:
            warnings.warn(
                f"the copies of site {site} start {distance / norm:.2g} times their norm away from the weights that "
                f"were given: {strategy} takes the nearest that it can represent",
                stacklevel=3,
            )


@torch.no_grad()
def _set_copies(weight: SharingStrategy, copies: Tensor) -> Tensor:
    """Set the copies of a weight; return their squared distance from those and the squared norm of those, (2,)."""
    weight.set_copies(copies)
    given, start = copies.to(torch.float64), weight().to(torch.float64)
    return torch.stack([(given - start).square().sum(), given.square().sum()])


def init_in_turn(copies: Tensor) -> Init:
    """Return an initializer that fills the tensors it is given with the copies in turn."""
    following = cycle(copies.detach().cpu())

    def fill(tensor: Tensor) -> None:
        with torch.no_grad():
            tensor.copy_(next(following))

    return fill


def init_by_module(module: nn.Module, name: str, reset: Callable[[nn.Module], object]) -> Init:
    """Return an initializer that draws as `reset` draws the parameter `name` of a module, which stays as it is."""
    # On the CPU, whose generator is the one that copies are drawn from.
    twin = copy.deepcopy(module).cpu()

    def fill(tensor: Tensor) -> None:
        reset(twin)
        with torch.no_grad():
            tensor.copy_(twin.get_parameter(name))

    return fill


def reset_parameters(module: nn.Module) -> None:
    """Draw the parameters of a module as PyTorch does; raise UserError for a module that cannot."""
    for method in ("reset_parameters", "_reset_parameters"):  # the second is that of nn.MultiheadAttention
        if hasattr(module, method):
            getattr(module, method)()
            return
    raise UserError(
        f"start='fresh' must be for modules with reset_parameters, got {type(module).__name__}: "
        "choose start='own', or pass a function that initializes a module"
    )
