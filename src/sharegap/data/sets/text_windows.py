"""Texts as windows of tokens, and the token that follows each."""

import numpy as np
import torch


def windows(tokens: np.ndarray, context: int, stride: int, block: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Contexts (samples, context) of `tokens` (length,), what follows each (samples,), and their blocks (samples,).

    A window begins every `stride` tokens. The text is cut into blocks of `block` tokens, and none reaches from one
    into the next: where a split keeps blocks whole, no token is on both sides.
    """
    starts = np.arange(0, len(tokens) - context, stride)
    starts = starts[starts // block == (starts + context) // block]
    found = torch.from_numpy(tokens[starts[:, np.newaxis] + np.arange(context + 1)].astype(np.int64))
    return found[:, :-1].contiguous(), found[:, -1].contiguous(), starts // block
