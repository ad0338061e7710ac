import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sharegap.data.sets import markov_text
from sharegap.data.sets.markov_text import transition
from sharegap.tasks import LanguageModelingTask
from sharegap.training.evaluation import Evaluation

CPU = torch.device("cpu")
SMALL = {"tokens": 5, "features": 3, "sharpness": 2.0}


@pytest.fixture(scope="module")
def text():
    return markov_text(**SMALL)


def measured(task, outputs, targets):
    evaluation = Evaluation(task, ["train"], 1, CPU, extra_metrics=True)
    evaluation.update("train", outputs.unsqueeze(0), targets.unsqueeze(0))
    return {name: value.item() for (_, name), value in evaluation.compute().items()}


def test_loss_is_the_cross_entropy_of_each_token(text):
    outputs, targets = torch.randn(20, 5), torch.randint(5, (20,))
    expected = -outputs.softmax(1)[torch.arange(20), targets].log()
    torch.testing.assert_close(LanguageModelingTask(text).loss(outputs, targets), expected)


def test_perplexity_is_exp_of_the_mean_loss(text):
    task = LanguageModelingTask(text)
    assert not task.higher_is_better
    figures = measured(task, torch.randn(300, 5), torch.randint(5, (300,)))
    assert figures["score"] == pytest.approx(math.exp(figures["loss"]), rel=1e-5)
    even = measured(task, torch.zeros(300, 5), torch.randint(5, (300,)))
    assert even["score"] == pytest.approx(5)


def test_perplexity_survives_underflow(text):
    outputs = torch.zeros(100, 5)
    outputs[0, 1] = 150  # what is said instead has a probability of exp(−150), 0 in float32
    figures = measured(LanguageModelingTask(text), outputs, torch.zeros(100, dtype=torch.long))
    assert figures["loss"] == pytest.approx((150 + 99 * math.log(5)) / 100, rel=1e-5)
    assert figures["score"] == pytest.approx(math.exp(figures["loss"]), rel=1e-5)


def test_true_distribution_has_no_excess_nats(text):
    true = transition(**SMALL, rng=np.random.default_rng(0))
    outputs = torch.as_tensor(true[text.x_test[:, -2], text.x_test[:, -1]]).log()
    figures = measured(LanguageModelingTask(text), outputs, text.y_test)
    above = figures["nats above the entropy"]
    assert above == pytest.approx(figures["loss"] - text.entropy, abs=1e-6)
    losses = LanguageModelingTask(text).loss(outputs, text.y_test)
    assert abs(above) < 3 * losses.std().item() / math.sqrt(len(losses))
    assert measured(LanguageModelingTask(text), outputs * 0, text.y_test)["nats above the entropy"] > 0.1


def test_unknown_entropy_has_no_extra_metric(text):
    assert LanguageModelingTask(replace(text, entropy=None)).extra_metrics() == {}
    assert list(LanguageModelingTask(text).extra_metrics()) == ["nats above the entropy"]
