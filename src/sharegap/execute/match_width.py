"""The control for "fewer parameters": the unshared network, shrunk to as many as hard sharing leaves."""

import copy
import json
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from sharegap.errors import UserError
from sharegap.metrics import unique_parameters
from sharegap.sharing import Hard, Independent, SharingFactory

STEPS = 200
"""Scales between 0 and 1 that are tried."""

Options = dict[str, Any]


def match_width(options: Options, widths: list[str], build: Callable[[Options, SharingFactory], nn.Module]) -> Options:
    """The `options` of a model with those named in `widths` scaled down alike.

    `build` makes a network from options and a sharing strategy. The unique parameters of the independent network
    come as near as can be to those of the full one with hard sharing: what remains between the two is that one
    has the structure and the other only the size. Raises UserError where there is nothing to scale.
    """
    if not any(options[name] for name in widths):
        raise UserError("this model has no hidden layer that could be narrower: leave out the method narrow")
    with torch.device("meta"):
        target = unique_parameters(build(options, Hard))
        tried = dict.fromkeys(json.dumps(_scaled(options, widths, step / STEPS)) for step in range(1, STEPS + 1))
        distance = {each: abs(unique_parameters(build(json.loads(each), Independent)) - target) for each in tried}
    best: Options = json.loads(min(distance, key=lambda each: distance[each]))
    return best


def _scaled(options: Options, widths: list[str], scale: float) -> Options:
    scaled = copy.deepcopy(options)
    for name in widths:
        width = options[name]
        scaled[name] = [_at(each, scale) for each in width] if isinstance(width, list) else _at(width, scale)
    return scaled


def _at(width: int, scale: float) -> int:
    return max(1, round(width * scale))
