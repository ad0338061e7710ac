"""Noise on the inputs (Bishop 1995)."""

from torch import nn

from sharegap.regularizers.noise import GaussianNoise
from sharegap.regularizers.regularizer import Regularizer


class InputNoiseRegularizer(Regularizer):
    """Add Gaussian noise to the inputs of the network: the standardized data, or the embeddings of tokens.

    To first order this penalizes the slope of the outputs (Bishop 1995). It helps where small changes of the input
    preserve the label.

    Args:
        strength: the standard deviation σ of the noise, in standard deviations of the data, in [0, inf).

    Example:
        >>> import torch
        >>> layer = InputNoiseRegularizer(0.1).make_embedding_layer()
        >>> layer.eval()(torch.ones(2))
        tensor([1., 1.])
    """

    def make_embedding_layer(self) -> nn.Module:
        return GaussianNoise(self.strength)
