"""The control for "fewer parameters": the unshared network, narrowed to as many as hard sharing leaves."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, Independent, SharingFactory

SCALES = 200
"""How many scales in (0, 1] are tried."""

Sizes = dict[str, Any]


def match_width(sizes: Sizes, scaled: Sequence[str], build: Callable[[Sizes, SharingFactory], nn.Module]) -> Sizes:
    """Scale down the sizes named in `scaled`, all by one factor, until the parameter counts match.

    The independent network then has about as many unique parameters as the full network has with hard sharing. What
    remains between the two is the structure: one has it, the other has only the size.

    Args:
        sizes: a model's options.
        scaled: the names of those that are widths.
        build: makes a network from sizes and a sharing strategy.

    Returns:
        The sizes of the narrower network.

    Raises:
        UserError: where there is no width to scale.
    """
    if not any(sizes[name] for name in scaled):
        raise UserError("this model has no hidden layer that could be narrower: leave out the method narrow")
    best, smallest_difference = sizes, float("inf")
    # On the meta device nothing is allocated, only counted.
    with torch.device("meta"):
        target = unique_parameters(build(sizes, Hard))
        previous: Sizes = {}
        for step in range(1, SCALES + 1):
            candidate = _scale(sizes, scaled, step / SCALES)
            if candidate == previous:
                continue
            previous = candidate
            difference = abs(unique_parameters(build(candidate, Independent)) - target)
            if difference < smallest_difference:
                best, smallest_difference = candidate, difference
    return best


def _scale(sizes: Sizes, scaled: Sequence[str], scale: float) -> Sizes:
    result = copy.deepcopy(sizes)
    for name in scaled:
        width = sizes[name]
        if isinstance(width, list):
            result[name] = [_scale_one(size, scale) for size in width]
        else:
            result[name] = _scale_one(width, scale)
    return result


def _scale_one(width: int, scale: float) -> int:
    return max(1, round(width * scale))
