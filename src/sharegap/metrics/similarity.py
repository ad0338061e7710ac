"""Whether the copies of a site represent the same."""

from torch import Tensor


def linear_cka(representations: Tensor) -> Tensor:
    """Mean linear CKA over all pairs of copies: (copies, samples, features) -> scalar in [0, 1].

    Centred kernel alignment (Kornblith et al. 2019, eq. 5) of what two copies make of the same samples: 1 where
    they agree up to rotation and scale of the features. NaN for fewer than two copies or representations
    without variance.
    """
    copies, _, features = representations.shape
    centred = representations.double() - representations.double().mean(1, keepdim=True)
    side_by_side = centred.transpose(0, 1).flatten(1)
    products = (side_by_side.mT @ side_by_side).view(copies, features, copies, features)
    alignment = products.square().sum((1, 3))
    own = alignment.diagonal().sqrt()
    pairs = alignment / (own * own.unsqueeze(1))
    return (pairs.sum() - pairs.diagonal().sum()) / (copies * (copies - 1))
