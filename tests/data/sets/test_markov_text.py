import numpy as np
import pytest
import torch

from sharegap.data.sets import markov_text
from sharegap.data.sets.markov_text import TEST, TRAIN, stationary, transition

SMALL = {"tokens": 5, "features": 3, "sharpness": 2.0}


def chain(tokens=64, features=8, sharpness=6.0):
    """The distribution that `markov_text` draws from."""
    return transition(tokens, features, sharpness, np.random.default_rng(0))


def pair_chain(probabilities):
    """The chain of order 1 on pairs of tokens: a matrix (tokens², tokens²)."""
    tokens = len(probabilities)
    matrix = np.zeros((tokens**2, tokens**2))
    for a, b, c in np.ndindex(probabilities.shape):
        matrix[a * tokens + b, b * tokens + c] = probabilities[a, b, c]
    return matrix


def test_transition_rows_are_distributions():
    probabilities = chain()
    assert probabilities.shape == (64, 64, 64)
    assert probabilities.min() > 0
    assert np.abs(probabilities.sum(-1) - 1).max() < 1e-12


def test_next_token_depends_on_both():
    probabilities = chain(**SMALL)
    assert np.abs(probabilities - probabilities.mean(0, keepdims=True)).max() > 0.1
    assert np.abs(probabilities - probabilities.mean(1, keepdims=True)).max() > 0.1


def test_stationary_is_an_eigenvector():
    """Of the chain of order 1 on pairs of tokens."""
    probabilities = chain(**SMALL)
    values, vectors = np.linalg.eig(pair_chain(probabilities).T)
    [place] = np.flatnonzero(np.abs(values - 1) < 1e-9)
    expected = np.real(vectors[:, place] / vectors[:, place].sum()).reshape(5, 5)
    assert np.abs(stationary(probabilities) - expected).max() < 1e-9


def test_stationary_stays_after_a_step():
    probabilities = chain()
    pairs = stationary(probabilities)
    assert pairs.sum() == pytest.approx(1, abs=1e-12)
    assert np.abs(np.einsum("ab,abc->bc", pairs, probabilities) - pairs).max() < 1e-12


def test_entropy_by_brute_force():
    """By brute force: the mean over states, after many steps of the chain of pairs, of each row's entropy."""
    probabilities = chain(**SMALL)
    states = np.linalg.matrix_power(pair_chain(probabilities), 2**14)[0].reshape(5, 5)
    expected = 0.0
    for a, b, c in np.ndindex(5, 5, 5):
        expected -= states[a, b] * probabilities[a, b, c] * np.log(probabilities[a, b, c])
    assert markov_text(**SMALL).entropy == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("options", [{}, SMALL], ids=["default", "small"])
def test_true_cross_entropy_is_the_entropy(options):
    text, probabilities = markov_text(**options), chain(**options)
    for x, y in ((text.x, text.y), (text.x_test, text.y_test)):
        nats = -np.log(probabilities[x[:, -2], x[:, -1], y])
        assert abs(nats.mean() - text.entropy) < 3 * nats.std() / np.sqrt(len(nats))


def test_pair_frequencies_are_stationary():
    text, pairs = markov_text(**SMALL), stationary(chain(**SMALL))
    counts = np.zeros((5, 5))
    np.add.at(counts, (text.x[:, 0].numpy(), text.x[:, 1].numpy()), 1)
    # Samples are five tokens apart, so all but independent of each other.
    error = np.sqrt(pairs * (1 - pairs) / TRAIN)
    assert (np.abs(counts / TRAIN - pairs) / error).max() < 4


def test_shapes_and_types():
    for context in (2, 4, 7):
        text = markov_text(**SMALL, context=context)
        assert text.sample_shape == (context,)
        assert (len(text.x), len(text.x_test)) == (len(text.y), len(text.y_test)) == (TRAIN, TEST)
        assert text.x.dtype == text.y.dtype == torch.int64
        assert text.x.min() >= 0
        assert text.x.max() < text.classes == 5


def test_longer_context_has_same_text_and_entropy():
    short, long = (markov_text(**SMALL, context=context) for context in (2, 4))
    assert short.entropy == long.entropy
    stretch = [torch.cat([text.x, text.y.unsqueeze(1)], 1).flatten()[:500] for text in (short, long)]
    assert torch.equal(*stretch)  # samples follow each other in the text and do not overlap


def test_every_call_is_the_same():
    first, second = markov_text(**SMALL), markov_text(**SMALL)
    assert torch.equal(first.x, second.x)
    assert torch.equal(first.y_test, second.y_test)


def test_redraws_speak_the_same_language():
    probabilities, texts = chain(**SMALL), [markov_text(**SMALL, redraw=seed) for seed in (1, 2)]
    assert not torch.equal(texts[0].x, texts[1].x)
    for text in texts:
        nats = -np.log(probabilities[text.x[:, -2], text.x[:, -1], text.y])
        assert abs(nats.mean() - markov_text(**SMALL).entropy) < 4 * nats.std() / np.sqrt(len(nats))
