"""The controls for size: the unshared network as small as the shared one, or the shared one as large as that."""

import copy
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, Independent, SharingFactory

SCALES = 200
"""How many scales are tried in (0, 1], and as many in each interval beyond."""
LARGEST_SCALE = 100

Sizes = dict[str, Any]


def match_width(
    sizes: Sizes,
    scaled: Sequence[str],
    build: Callable[[Sizes, SharingFactory], nn.Module],
    direction: Literal["narrow", "wide"],
) -> Sizes:
    """Scale the sizes named in `scaled`, all by one factor, until the parameter counts match.

    A narrow independent network has about as many unique parameters as the full network has with hard sharing; a wide
    one with hard sharing about as many as the full independent network. What remains between the two is the structure:
    one has it, the other has only the size.

    Args:
        sizes: a model's options.
        scaled: the names of those that are widths.
        build: makes a network from sizes and a sharing strategy.
        direction: which of the two.

    Returns:
        The sizes of the network with as many parameters.

    Raises:
        UserError: where there is no width to scale.
    """
    if not any(_section(sizes, name)[_leaf(name)] for name in scaled):
        raise UserError(f"this model has no hidden layer whose width could change: leave out the method {direction}")

    def count(candidate: Sizes, sharing: SharingFactory) -> int:
        # On the meta device nothing is allocated, only counted.
        with torch.device("meta"):
            return unique_parameters(build(candidate, sharing))

    sharing, other = (Independent, Hard) if direction == "narrow" else (Hard, Independent)
    target = count(sizes, other)
    steps = range(1, SCALES * LARGEST_SCALE)
    first = bisect_left(steps, target, key=lambda step: count(_scale(sizes, scaled, step / SCALES), sharing))
    # The first with at least as many parameters, and the last with fewer.
    nearest = [_scale(sizes, scaled, step / SCALES) for step in steps[max(0, first - 1) : first + 1]]
    return min(nearest, key=lambda candidate: abs(count(candidate, sharing) - target))


def _scale(sizes: Sizes, scaled: Sequence[str], scale: float) -> Sizes:
    result = copy.deepcopy(sizes)
    for name in scaled:
        section, leaf = _section(result, name), _leaf(name)
        width = section[leaf]
        if isinstance(width, list):
            section[leaf] = [_scale_one(size, scale) for size in width]
        else:
            section[leaf] = _scale_one(width, scale)
    return result


def _section(sizes: Sizes, name: str) -> Sizes:
    """Return the options that hold one, of a nested network: those of `module` for `module.width`."""
    for part in name.split(".")[:-1]:
        sizes = sizes[part]
    return sizes


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _scale_one(width: int, scale: float) -> int:
    return max(1, round(width * scale))
