"""A synthetic language whose entropy is known."""

import math

import numpy as np
import torch

from sharegap.data.dataset import Dataset

TRAIN, TEST = 6000, 4000


def markov_text(
    tokens: int = 64, features: int = 8, sharpness: float = 6.0, context: int = 4, redraw: bool | int = False
) -> Dataset:
    """Draw contexts (samples, context) of a text, and the token that follows each (samples,).

    The text is a Markov chain of order 2. With a context of 2 or more, the cross-entropy of the best possible model
    is the chain's entropy per token. Samples are stretches of the text that do not overlap.

    Args:
        tokens: size of the vocabulary.
        features: dimension of the tokens' vectors.
        sharpness: scale of the logits; a larger one means a lower entropy.
        context: tokens of one input.
        redraw: the seed of a new text of the same language; False for a fixed one.
    """
    # Fixed, not a run's seed: the language is part of the data, and one entropy holds for all its texts.
    rng = np.random.default_rng(0)
    probabilities = transition(tokens, features, sharpness, rng)
    pairs = stationary(probabilities)
    entropy = -float(np.einsum("ab,abc,abc->", pairs, probabilities, np.log(probabilities)))
    if redraw:
        rng = np.random.default_rng(redraw)
    cumulative = probabilities.cumsum(-1)
    # The first two tokens have their long-run frequency, so no start of the text has to be thrown away.
    text = [*divmod(int(rng.choice(pairs.size, p=pairs.ravel())), tokens)]
    draws = rng.random((TRAIN + TEST) * (context + 1))
    for draw in draws[len(text) :]:
        row = cumulative[text[-2], text[-1]]
        # A row's sum may round to less than 1, hence the bound.
        text.append(min(int(np.searchsorted(row, draw, side="right")), tokens - 1))
    samples = torch.as_tensor(np.array(text)).view(-1, context + 1)
    x, y = samples[:, :-1].contiguous(), samples[:, -1].contiguous()
    return Dataset(x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:], classes=tokens, entropy=entropy)


def transition(tokens: int, features: int, sharpness: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the probabilities of the next token given the last two.

    Each token has one vector, which decides both what follows it and what it follows: a log-bilinear language
    (Mnih & Hinton 2007). So input and output embeddings have the same to learn.

    Args:
        tokens: size of the vocabulary.
        features: dimension of the tokens' vectors.
        sharpness: scale of the logits, >= 0; 0 makes all tokens equally likely.
        rng: the source of chance.

    Returns:
        (tokens, tokens, tokens): the older token, the newer one, the next. The last axis sums to 1.
    """
    vectors = rng.standard_normal((tokens, features)) / math.sqrt(features)
    older = np.linalg.qr(rng.standard_normal((features, features)))[0]
    newer = np.linalg.qr(rng.standard_normal((features, features)))[0]
    context = (vectors @ older)[:, None] + (vectors @ newer)[None]
    logits = sharpness * context @ vectors.T
    # Softmax; without the largest logit the exponentials cannot overflow.
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def stationary(probabilities: np.ndarray) -> np.ndarray:
    """Compute the long-run frequency of each pair of tokens by power iteration: (tokens, tokens), which sums to 1."""
    pairs = np.full(probabilities.shape[:2], 1 / probabilities[..., 0].size)
    while True:
        following = np.einsum("ab,abc->bc", pairs, probabilities)
        if np.abs(following - pairs).max() < 1e-15:
            return following / following.sum()
        pairs = following
