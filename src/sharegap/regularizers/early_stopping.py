"""Early stopping (Prechelt 1998)."""

import math

from torch import Tensor

from sharegap.errors import UserError
from sharegap.regularizers.regularizer import Regularizer


class EarlyStoppingRegularizer(Regularizer):
    """Training ends after `strength` evaluations without a better validation score.

    Scored at the best-validation weights. Helps where the test error turns up again in training. It does
    not combine with training on all data, which leaves nothing to validate on. Strength: the patience, a
    whole number of evaluations from 1; a longer patience is weaker, and ∞ never stops.
    """

    off = math.inf
    scored_at = "best_val"

    @staticmethod
    def check(strength: float) -> None:
        if not strength >= 1 or (strength != math.inf and strength != int(strength)):
            raise UserError(f"the patience is {strength}: it must be a whole number from 1 (or inf, to never stop)")

    def stops(self, evaluations_since_best: Tensor) -> Tensor:
        return evaluations_since_best >= self.strength
