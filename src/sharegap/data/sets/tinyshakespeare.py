"""Tiny Shakespeare (Karpathy 2015, github.com/karpathy/char-rnn): a million characters of his plays."""

from pathlib import Path

import numpy as np

from sharegap.data.cache import cached_arrays
from sharegap.data.dataset import Dataset
from sharegap.data.formats.guard import check, reading
from sharegap.data.sets.text_windows import text_dataset


def tinyshakespeare(context: int = 16, stride: int = 4, block: int = 2000, each: bool = False) -> Dataset:
    """Load windows (samples, context) of characters, and the character that follows each (samples,).

    Args:
        context: characters of a window.
        stride: characters from one window to the next.
        block: characters of the blocks that a split keeps whole.
        each: whether the targets are what follows each character of a window, (samples, context).
    """
    (text,) = cached_arrays("tinyshakespeare", ["text"], ["tinyshakespeare/input.txt"], _parse)
    return text_dataset(text, context, stride, block, each)


def _parse(path: Path) -> list[np.ndarray]:
    """Number the characters in the order of their codes, (characters,) in uint8."""
    content = np.fromfile(path, np.uint8)
    with reading(path):
        check(len(content) > 0 and bool(content.max() < 128), "it is no text in ASCII")
    return [np.unique(content, return_inverse=True)[1].astype(np.uint8)]
