"""l2 regularization: a penalty on the squared weights."""

from torch import Tensor, nn

from sharegap.regularizers.regularizer import Regularizer


class L2Regularizer(Regularizer):
    """Add ½ α Σ‖w‖² over all weights to the objective; biases are exempt (Goodfellow et al. 2016, section 7.1).

    Under Adam this differs from decoupled weight decay (Loshchilov & Hutter 2019).

    Args:
        strength: α, in [0, inf).

    Example:
        >>> network = nn.Linear(2, 1)
        >>> _ = nn.init.ones_(network.weight)
        >>> L2Regularizer(0.5).penalty(network).item()
        0.5
    """

    def penalty(self, network: nn.Module) -> Tensor:
        total = self.strength.new_zeros(())
        for name, parameter in network.named_parameters():
            if "bias" not in name:
                total = total + parameter.square().sum()
        return self.strength * total / 2
