"""Early stopping (Prechelt 1998)."""

import math

from torch import Tensor

from sharegap.regularizers.regularizer import Regularizer


class EarlyStoppingRegularizer(Regularizer):
    """Stop training after `strength` evaluations without a better validation score.

    The method is scored at its best-validation weights. It helps where the test error rises again during training.
    It needs validation samples.

    Args:
        strength: the patience, an integer number of evaluations >= 1, or infinity to never stop. A longer patience
            regularizes less.

    Example:
        >>> import torch
        >>> EarlyStoppingRegularizer(2).should_stop(torch.tensor([0, 1, 2, 3]))
        tensor([False, False,  True,  True])
    """

    strength_range = "[1, inf] integers"
    off = math.inf
    scored_at = "best_val"

    def should_stop(self, evaluations_since_best: Tensor) -> Tensor:
        return evaluations_since_best >= self.strength
