import pytest
import torch

from sharegap.execute.build import build_objective
from sharegap.regularizers import InputNoiseRegularizer
from tests.helpers import make_run


def test_adds_noise_of_sigma_in_training_only():
    layer, x = InputNoiseRegularizer(0.3).make_embedding_layer(), torch.zeros(100_000)
    torch.manual_seed(0)
    assert layer(x).std().item() == pytest.approx(0.3, abs=0.005)
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(InputNoiseRegularizer(0.0).make_embedding_layer()(x), x)


def test_is_added_to_the_embeddings_of_tokens():
    run = make_run("dataset=markov_text", "model=language", "regularizer=[input_noise]")
    objective, tokens = build_objective(run), torch.zeros(2, 4, dtype=torch.int64)
    first, second = objective.network(tokens)
    assert not torch.equal(first, second)
    first, second = objective.eval().network(tokens)
    assert torch.equal(first, second)
