"""A linear layer with copies."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sharegap.sharing.site import Site
from sharegap.sharing.strategy import SharingFactory, shared_values, torch_init


def linear_per_copy(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply one linear layer per copy.

    Args:
        x: (batch, copies, in), or (batch, 1, in), the same for all copies.
        weight: (copies, out, in).
        bias: (copies, out).

    Returns:
        (batch, copies, out).
    """
    # Copies first: one batched product that adds the bias as well.
    inputs = x.transpose(0, 1).expand(weight.shape[0], -1, -1)
    return torch.baddbmm(bias.unsqueeze(1), inputs, weight.mT).transpose(0, 1)


class SharedLinear(nn.Module):
    """Apply `torch.nn.Linear` with one copy of its weights for each use, related by a sharing strategy.

    Weights and biases have the initial distribution of `torch.nn.Linear`.

    Args:
        sharing: Relates the copies.
        site: Where the copies are used.
        in_features: Inputs of one copy.
        out_features: Outputs of one copy.

    Example:
        >>> from sharegap.sharing import Independent
        >>> layer = SharedLinear(Independent, Site("tasks", (3,)), 4, 2)
        >>> layer(torch.ones(5, 3, 4)).shape
        torch.Size([5, 3, 2])
    """

    def __init__(self, sharing: SharingFactory, site: Site, in_features: int, out_features: int) -> None:
        super().__init__()
        init = torch_init(in_features)
        self.weight = sharing(site, (out_features, in_features), init)
        self.bias = sharing(site, (out_features,), init)

    def forward(self, x: Tensor) -> Tensor:
        """Apply every copy: (batch, copies, in) -> (batch, copies, out).

        For inputs (batch, 1, in), the same for all copies, a shared value returns (batch, 1, out): what all copies
        would return is computed once.
        """
        shared = shared_values(self.weight, self.bias)
        if shared is None:
            return linear_per_copy(x, self.weight(), self.bias())
        # Flat, because vmap would otherwise multiply the inputs of each sample by a copy of the weight.
        return F.linear(x.flatten(0, 1), *shared).unflatten(0, x.shape[:2])

    def forward_one(self, x: Tensor, copy: Tensor) -> Tensor:
        """Apply to each sample the one copy with its index.

        With a hundred copies this takes a thirtieth of the time of `forward`, which computes them all.

        Args:
            x: (batch, in).
            copy: Index of each sample's copy, (batch,).

        Returns:
            (batch, out).
        """
        shared = shared_values(self.weight, self.bias)
        if shared is None:
            # One matrix per sample: vmap needs shapes that do not depend on which copies occur.
            return torch.einsum("bi,boi->bo", x, self.weight()[copy]) + self.bias()[copy]
        return F.linear(x, *shared)
