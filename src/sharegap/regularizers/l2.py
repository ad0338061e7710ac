"""l2 regularization, weight decay in the loss."""

from torch import Tensor, nn

from sharegap.errors import UserError
from sharegap.regularizers.regularizer import Regularizer


class L2Regularizer(Regularizer):
    """Adds ½ α Σ‖w‖² over the weights; biases are left free, as is usual (Goodfellow et al. 2016, 7.1).

    Helps where many weights explain little; under Adam it is not the same as decoupled weight decay
    (Loshchilov & Hutter 2019). Strength: α ≥ 0.
    """

    @staticmethod
    def check(strength: float) -> None:
        if not 0 <= strength < float("inf"):
            raise UserError(f"the weight decay is {strength}: it must be 0 or more and finite")

    def penalty(self, network: nn.Module) -> Tensor:
        weights = [p for name, p in network.named_parameters() if "bias" not in name]
        return self.strength * sum((w.square().sum() for w in weights), start=self.strength.new_zeros(())) / 2
