"""What is measured on a network itself: its size, and how far the copies of its weights are apart."""

import math

import torch
from torch import Tensor, nn

from sharegap.sharing import SharingStrategy
from sharegap.sharing.distances import squared_distance_to_mean, squared_norm_of_mean


def unique_parameters(network: nn.Module) -> int:
    """Trained numbers, each counted once however often it is used."""
    return sum(parameter.numel() for parameter in network.parameters())


def relative_copy_distance(network: nn.Module) -> Tensor:
    """Root of Σ‖w_c − w̄‖² / Σ‖w̄‖² over all copies of all sites: 0 where copies are equal, NaN without sites."""
    weights = [module() for module in network.modules() if isinstance(module, SharingStrategy)]
    if not weights:
        return torch.tensor(math.nan)
    apart = torch.stack([squared_distance_to_mean(weight) for weight in weights]).sum()
    mean = torch.stack([squared_norm_of_mean(weight) for weight in weights]).sum()
    return (apart / mean).sqrt()
