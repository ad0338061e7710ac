"""Whether the copies of a site represent the same."""

import math

import torch
from torch import Tensor


def linear_cka(representations: Tensor) -> Tensor:
    """Mean linear CKA over all pairs of copies: (copies, samples, features) -> scalar in [0, 1].

    Centred kernel alignment (Kornblith et al. 2019, eq. 5) of what two copies make of the same samples: 1 where
    they agree up to rotation and scale of the features. NaN for fewer than two copies or representations
    without variance.
    """
    copies, samples, features = representations.shape
    centred = representations.double() - representations.double().mean(1, keepdim=True)
    own = (centred.mT @ centred).square().sum((1, 2), keepdim=True).sqrt()
    # The kernels, each of norm 1, are added up before they are multiplied: no matrix of all pairs of copies.
    scaled = (centred / own.sqrt()).transpose(0, 1).flatten(1)
    added = scaled @ scaled.mT if samples < copies * features else scaled.mT @ scaled
    alignment = added.square().sum()
    if copies < 2:
        return torch.full_like(alignment, math.nan)
    return (alignment - copies) / (copies * (copies - 1))
