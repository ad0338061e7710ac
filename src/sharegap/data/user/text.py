"""A user's text."""

from dataclasses import replace

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.guard import reading
from sharegap.data.formats.text_file import read_utf8
from sharegap.data.sets.text_windows import TEST, text_dataset
from sharegap.data.user.description import describe_counts
from sharegap.errors import UserError, check_int

STRIDE, MAX_WINDOWS = 4, 500_000
"""Characters from one window to the next; more in a text that would have too many windows."""
BLOCK, MIN_BLOCKS = 2000, 50
"""Characters of the blocks that a split keeps whole; fewer in a text that would have too few blocks."""

MAX_NEW = 0.05
"""The share of characters in the test part that may be missing in the rest."""


def text(path: str | None, context: int) -> Dataset:
    """Load windows (samples, context) of a text file, and the character that follows each (samples,).

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
    with reading(file, "a text", "save it as plain text in UTF-8"):
        written, forms = read_utf8(file, "a text", "save it as plain text")
        content = written.decode().replace("\r\n", "\n").replace("\r", "\n")
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
    description = describe_counts(length, num_characters, samples, context, file.name)
    if forms:
        description += f" Form: {', '.join(forms)}."
    return replace(dataset, description=description + _describe_new(tokens, file.name))


def _describe_new(tokens: np.ndarray, source: str) -> str:
    """Count the characters that the end alone has; raise a UserError if they make up much of it."""
    start = len(tokens) - len(tokens) // TEST
    end = tokens[start:]
    new = end[~np.isin(end, tokens[:start])]
    if not len(new):
        return ""
    counts = f"{len(np.unique(new)):,} others ({len(new):,} of {len(end):,})"
    if len(new) > MAX_NEW * len(end):
        raise UserError(
            f"the last tenth of {source}, the test part, must have characters that the rest has, got {counts}: remove "
            "what is another text"
        )
    return f" The end has characters that the rest does not have, of which nothing can be learned: {counts}."


def _tokenize(content: str) -> tuple[np.ndarray, int]:
    """Number the characters in the order of their codes; also return how many different ones there are."""
    codes = sorted(map(ord, set(content)))
    token_by_code = np.zeros(max(codes, default=0) + 1, np.int32)
    token_by_code[codes] = np.arange(len(codes))
    return token_by_code[np.frombuffer(content.encode("utf-32-le"), np.uint32)], len(codes)
