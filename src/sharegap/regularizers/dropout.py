"""Dropout (Srivastava et al. 2014)."""

from torch import nn

from sharegap.regularizers.noise import DropoutLayer
from sharegap.regularizers.regularizer import Regularizer


class DropoutRegularizer(Regularizer):
    """Drop each hidden unit with probability p in training, and scale the others by 1/(1 − p).

    It helps in wide layers whose units co-adapt. It helps less in convolutions, where neighboring positions carry
    the same information (Tompson et al. 2015).

    Args:
        strength: p, in [0, 1).

    Example:
        >>> import torch
        >>> layer = DropoutRegularizer(0.5).make_hidden_layer()
        >>> sorted(set(layer(torch.ones(100)).tolist()))
        [0.0, 2.0]
    """

    strength_range = "[0, 1)"

    def make_hidden_layer(self) -> nn.Module:
        return DropoutLayer(self.strength)
