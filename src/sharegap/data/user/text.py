"""Users' texts."""

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.sets.text_windows import windows
from sharegap.errors import UserError, check_int

TEST = 10
"""One in so many characters is to test: the end of the text."""
STRIDE, MOST_WINDOWS = 4, 500_000
"""A window begins every so many characters, and rarer in a text that would have more windows than that."""
BLOCK, FEWEST_BLOCKS = 2000, 50
"""A split keeps blocks of so many characters whole, shorter ones in a text that would have too few."""


def text(path: str | None, context: int) -> Dataset:
    """Windows of `context` characters of a text file in UTF-8 (samples, context), and what follows (samples,).

    The last tenth is the test part, and a split keeps blocks of the rest whole. Raises UserError for what is no such
    file, or too short a text.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"{file} is a folder: dataset=text takes one file")
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{file.name} is no text in UTF-8 (byte {error.start}): store it as such") from error
    length, least = len(content), FEWEST_BLOCKS * (check_int("dataset.load.context", context) + 1)
    tokens, characters = _numbered(content)
    if length < least or characters < 2:
        raise UserError(
            f"{file.name} has {length:,} characters, {characters} different: it takes {least:,} characters for windows "
            f"of {context}, and two different ones"
        )
    stride, block = max(STRIDE, -(-length // MOST_WINDOWS)), max(context + 1, min(BLOCK, length // FEWEST_BLOCKS))
    end = length - length // TEST
    (x, y, groups), (x_test, y_test, _) = (
        windows(part, context, stride, block) for part in (tokens[:end], tokens[end:])
    )
    understood = (
        f"{file.name}: text of {length:,} characters, {characters} different. {len(y) + len(y_test):,} windows of "
        f"{context} characters. Test: {len(y_test):,}, the end of the text; {len(y):,} remain."
    )
    return Dataset(x, y, x_test, y_test, characters, groups=groups, understood=understood)


def _numbered(content: str) -> tuple[np.ndarray, int]:
    """The characters' places among those that occur, in the order of their code, and how many occur."""
    known = sorted(map(ord, set(content)))
    places = np.zeros(max(known, default=0) + 1, np.int32)
    places[known] = np.arange(len(known))
    return places[np.frombuffer(content.encode("utf-32-le"), np.uint32)], len(known)
