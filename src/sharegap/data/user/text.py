"""A user's text."""

from dataclasses import replace

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.sets.text_windows import text_dataset
from sharegap.data.user.description import describe_counts
from sharegap.errors import UserError, check_int

STRIDE, MAX_WINDOWS = 4, 500_000
"""Characters from one window to the next; more in a text that would have too many windows."""
BLOCK, MIN_BLOCKS = 2000, 50
"""Characters of the blocks that a split keeps whole; fewer in a text that would have too few blocks."""


def text(path: str | None, context: int) -> Dataset:
    """Load windows (samples, context) of a text file in UTF-8, and the character that follows each (samples,).

    The last tenth is the test part, and a split keeps blocks of the rest whole.

    Args:
        path: the file, or its `fingerprint`.
        context: characters of a window, an integer >= 1.

    Raises:
        UserError: if the file is no text, or too short.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be a text file, got the folder {file}")
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{file.name} must be text in UTF-8, got another byte at {error.start}") from error
    length, minimum = len(content), MIN_BLOCKS * (check_int("dataset.load.context", context) + 1)
    tokens, num_characters = _tokenize(content)
    if length < minimum or num_characters < 2:
        raise UserError(
            f"{file.name} must have at least {minimum:,} characters for windows of {context}, and 2 different ones, "
            f"got {length:,} and {num_characters}"
        )
    stride = max(STRIDE, -(-length // MAX_WINDOWS))
    block = max(context + 1, min(BLOCK, length // MIN_BLOCKS))
    dataset = text_dataset(tokens, context, stride, block)
    samples = (len(dataset.y), len(dataset.y_test))
    return replace(dataset, description=describe_counts(length, num_characters, samples, context, file.name))


def _tokenize(content: str) -> tuple[np.ndarray, int]:
    """Number the characters in the order of their codes; also return how many different ones there are."""
    codes = sorted(map(ord, set(content)))
    token_by_code = np.zeros(max(codes, default=0) + 1, np.int32)
    token_by_code[codes] = np.arange(len(codes))
    return token_by_code[np.frombuffer(content.encode("utf-32-le"), np.uint32)], len(codes)
