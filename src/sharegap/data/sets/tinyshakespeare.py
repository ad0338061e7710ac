"""Tiny Shakespeare (Karpathy 2015, github.com/karpathy/char-rnn): a million characters of his plays."""

from pathlib import Path

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.download import parsed
from sharegap.data.formats.guard import damaged, require
from sharegap.data.sets.text_windows import windows

TEST = 10
"""One in so many characters is to test: the end of the text."""


def tinyshakespeare(context: int = 16, stride: int = 4, block: int = 2000) -> Dataset:
    """Contexts (samples, context) of characters, and the character that follows (samples,).

    A window begins every `stride` characters. The text is cut into blocks of `block` characters; none reaches from
    one block into the next, and a split keeps blocks whole: no character is on both sides. The last tenth of the
    text is the test part.
    """
    (text,) = parsed("tinyshakespeare", ["text"], ["tinyshakespeare/input.txt"], _read)
    end = len(text) - len(text) // TEST
    (x, y, groups), (x_test, y_test, _) = (windows(part, context, stride, block) for part in (text[:end], text[end:]))
    return Dataset(x, y, x_test, y_test, classes=int(text.max()) + 1, groups=groups)


def _read(path: Path) -> list[np.ndarray]:
    """The text as the numbers of its characters in the order of their code, (characters,) in uint8."""
    content = np.fromfile(path, np.uint8)
    with damaged(path):
        require(len(content) > 0 and bool(content.max() < 128), "it is no text in ASCII")
    return [np.unique(content, return_inverse=True)[1].astype(np.uint8)]
