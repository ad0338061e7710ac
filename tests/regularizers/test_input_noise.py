import math

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.regularizers import InputNoiseRegularizer
from tests.helpers import make_run


@pytest.mark.parametrize("strength", [-0.1, math.inf, math.nan])
def test_refuses_strengths_out_of_range(strength):
    with pytest.raises(UserError, match="must be 0 or more and finite"):
        InputNoiseRegularizer(strength)


def test_adds_noise_of_the_given_deviation_in_training_only():
    layer, x = InputNoiseRegularizer(0.3).entry(), torch.zeros(100_000)
    torch.manual_seed(0)
    assert layer(x).std().item() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(InputNoiseRegularizer(0.0).entry()(x), x)


def test_reaches_embeddings_where_the_input_is_tokens():
    run = make_run("dataset=markov_text", "model=language", "regularizer=[input_noise]")
    objective, tokens = build_objective(run), torch.zeros(2, 4, dtype=torch.int64)
    first, second = objective.network(tokens)
    assert not torch.equal(first, second)
    first, second = objective.eval().network(tokens)
    assert torch.equal(first, second)
