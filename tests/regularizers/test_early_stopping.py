import math

import torch

from sharegap.regularizers import EarlyStoppingRegularizer


def test_stops_when_patience_is_used_up():
    since_best = torch.tensor([0, 1, 2, 3])
    assert EarlyStoppingRegularizer(2).should_stop(since_best).tolist() == [False, False, True, True]
    assert not EarlyStoppingRegularizer(math.inf).should_stop(since_best).any()


def test_is_scored_at_the_best_validation_weights():
    assert EarlyStoppingRegularizer(2).scored_at == "best_val"
