"""Measurements of a network's weights: their number, and the distance between copies."""

import math

import torch
from torch import Tensor, nn

from sharegap.sharing import SharingStrategy
from sharegap.sharing.distances import squared_distance_to_mean, squared_norm_of_mean


def unique_parameters(network: nn.Module) -> int:
    """Return how many trained numbers the function of a network has; a shared one counts once.

    Args:
        network: any module.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> unique_parameters(nn.Sequential(layer, layer))
        12
    """
    strategies = [module for module in network.modules() if isinstance(module, SharingStrategy)]
    counted = sum(strategy.unique_parameters for strategy in strategies)
    held = {parameter for strategy in strategies for parameter in strategy.parameters()}
    return counted + sum(parameter.numel() for parameter in network.parameters() if parameter not in held)


def relative_copy_distance(network: nn.Module) -> Tensor:
    """Return the root of Σ‖w_c − w̄‖² / Σ‖w̄‖² over all copies c of all sites; w̄ is the mean copy of a site.

    Args:
        network: any network; its sites are its sharing strategies.

    Returns:
        A scalar >= 0, which is 0 if all copies are equal; NaN for a network without sites.

    Example:
        >>> relative_copy_distance(nn.Linear(3, 2))
        tensor(nan)
    """
    distances, scales = [], []
    for module in network.modules():
        if isinstance(module, SharingStrategy):
            weight = module()
            distances.append(squared_distance_to_mean(weight))
            scales.append(squared_norm_of_mean(weight))
    if not distances:
        return torch.tensor(math.nan)
    # One ratio of sums: at a site whose mean is almost 0, a ratio of its own would be huge.
    return (torch.stack(distances).sum() / torch.stack(scales).sum()).sqrt()
