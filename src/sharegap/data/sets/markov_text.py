"""A synthetic language with a known entropy."""

import math

import numpy as np
import torch

from sharegap.data.dataset import Dataset

TRAIN, TEST = 6000, 4000


def transition(tokens: int, features: int, sharpness: float, rng: np.random.Generator) -> np.ndarray:
    """P(next | last two): (tokens, tokens, tokens), the last axis sums to 1.

    Every token has one vector of `features` numbers, which says both how it acts on what follows and when it is
    said: a log-bilinear language (Mnih & Hinton 2007). Input and output embeddings have the same to learn.
    """
    vectors = rng.standard_normal((tokens, features)) / math.sqrt(features)
    older, newer = (np.linalg.qr(rng.standard_normal((features, features)))[0] for _ in range(2))
    context = (vectors @ older)[:, None] + (vectors @ newer)[None]
    logits = sharpness * context @ vectors.T
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def stationary(probabilities: np.ndarray) -> np.ndarray:
    """How often each pair of tokens occurs in the long run: (tokens, tokens), the sum 1."""
    pairs = np.full(probabilities.shape[:2], 1 / probabilities[..., 0].size)
    while True:
        following = np.einsum("ab,abc->bc", pairs, probabilities)
        if np.abs(following - pairs).max() < 1e-15:
            return following / following.sum()
        pairs = following


def markov_text(tokens: int = 64, features: int = 8, sharpness: float = 6.0, context: int = 4) -> Dataset:
    """Contexts (samples, context) of a text, and the token that follows (samples,).

    The text is a Markov chain of order 2, so with a context of 2 or more the best possible model's cross-entropy
    is the chain's entropy per token. Samples are stretches of the text that do not overlap.
    """
    rng = np.random.default_rng(0)
    probabilities = transition(tokens, features, sharpness, rng)
    pairs = stationary(probabilities)
    entropy = -float(np.einsum("ab,abc,abc->", pairs, probabilities, np.log(probabilities)))
    cumulative = probabilities.cumsum(-1)
    text = [*divmod(int(rng.choice(pairs.size, p=pairs.ravel())), tokens)]
    draws = rng.random((TRAIN + TEST) * (context + 1))
    for draw in draws[len(text) :]:
        row = cumulative[text[-2], text[-1]]
        text.append(min(int(np.searchsorted(row, draw, side="right")), tokens - 1))
    samples = torch.as_tensor(np.array(text)).view(-1, context + 1)
    x, y = samples[:, :-1].contiguous(), samples[:, -1].contiguous()
    return Dataset(x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:], classes=tokens, entropy=entropy)
