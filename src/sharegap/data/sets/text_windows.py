"""Cut a text into windows of tokens, each with the token that follows."""

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset

TEST = 10
"""One of so many tokens is in the test part: the end of the text."""


def text_dataset(tokens: np.ndarray, context: int, stride: int, block: int, each: bool = False) -> Dataset:
    """Make a data set of a text's windows; its last tenth is the test part.

    Args:
        tokens: (length,) integers from 0; each up to the largest is a class.
        context: tokens of a window.
        stride: tokens from one window to the next.
        block: tokens of a block. No window crosses from one to the next, and a split keeps blocks whole, so no token
            is in two of its parts.
        each: whether the targets are what follows each token of a window, and not the window.
    """
    end = len(tokens) - len(tokens) // TEST
    x, y, blocks = _windows(tokens[:end], context, stride, block, each)
    x_test, y_test, _ = _windows(tokens[end:], context, stride, block, each)
    return Dataset(x, y, x_test, y_test, classes=int(tokens.max()) + 1, groups=blocks)


def _windows(
    tokens: np.ndarray, context: int, stride: int, block: int, each: bool
) -> tuple[Tensor, Tensor, np.ndarray]:
    """Contexts (samples, context), the tokens that follow them or each of theirs, and their blocks (samples,)."""
    starts = np.arange(0, len(tokens) - context, stride)
    # The following token is in the window's block, too.
    starts = starts[starts // block == (starts + context) // block]
    # Not by an array of all indices, which would be the largest of all.
    windows = np.lib.stride_tricks.sliding_window_view(tokens, context + 1)[starts]
    y = windows[:, 1:] if each else windows[:, -1]
    x, y = windows[:, :-1].astype(np.int64), y.astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y), starts // block
