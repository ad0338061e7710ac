"""How far copies are apart, as functions of a tensor (copies, *shape)."""

from torch import Tensor


def squared_distance_to_mean(weight: Tensor) -> Tensor:
    """Σ‖w_c − w̄‖² over the copies c, w̄ their mean; `weight` is (copies, *shape), the result a scalar."""
    return (weight - weight.mean(0)).square().sum()


def squared_norm_of_mean(weight: Tensor) -> Tensor:
    """copies · ‖w̄‖²: what `squared_distance_to_mean` is set against; `weight` is (copies, *shape)."""
    return weight.mean(0).square().sum() * weight.shape[0]
