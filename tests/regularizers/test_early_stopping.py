import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.regularizers import EarlyStoppingRegularizer


@pytest.mark.parametrize("strength", [0, -1, 1.5, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be"):
        EarlyStoppingRegularizer(strength)


def test_ends_when_patience_is_used_up():
    since_best = torch.tensor([0, 1, 2, 3])
    assert EarlyStoppingRegularizer(2).stops(since_best).tolist() == [False, False, True, True]
    assert not EarlyStoppingRegularizer(math.inf).stops(since_best).any()


def test_is_scored_at_the_best_validation_weights():
    assert EarlyStoppingRegularizer(2).scored_at == "best_val"
