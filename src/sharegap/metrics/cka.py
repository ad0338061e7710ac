"""The similarity of the representations that the copies of a weight produce."""

import math

import torch
from torch import Tensor


def linear_cka(representations: Tensor) -> Tensor:
    """Return the mean linear centered kernel alignment (CKA) over all pairs of copies.

    It is 1 where two copies agree up to rotation and scale of the features (Kornblith et al. 2019, eq. 5).

    Args:
        representations: what each copy computes for the same samples, (copies, samples, features).

    Returns:
        A scalar in [0, 1]; NaN for a single copy, or for representations without variance.

    Example:
        >>> one = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 5.0]])
        >>> round(linear_cka(torch.stack([one, 3 * one.flip(1)])).item(), 6)
        1.0
    """
    copies, samples, features = representations.shape
    centered = representations.double() - representations.double().mean(1, keepdim=True)
    norm = (centered.mT @ centered).square().sum((1, 2), keepdim=True).sqrt()
    # Σ_cd <K_c, K_d> = ‖Σ_c K_c‖²: normalized kernels are summed first, without a matrix of all pairs of copies.
    scaled = (centered / norm.sqrt()).transpose(0, 1).flatten(1)
    # The product on the smaller side has the same norm.
    kernel_sum = scaled @ scaled.mT if samples < copies * features else scaled.mT @ scaled
    alignment = kernel_sum.square().sum()
    if copies < 2:
        return torch.full_like(alignment, math.nan)
    # The `copies` pairs of a copy with itself have alignment 1.
    return (alignment - copies) / (copies * (copies - 1))
