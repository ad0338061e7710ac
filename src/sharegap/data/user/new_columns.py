"""Read the columns of new rows as those of the training part were read."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from sharegap.data.user.column import CODE, TRUTH, check_filled, parse_column
from sharegap.data.user.missing import without_missing
from sharegap.data.user.mixed_columns import EMPTY
from sharegap.data.user.quantities import Spelling
from sharegap.data.user.recognize import read_like
from sharegap.errors import UserError


def read_new_columns(frame: pl.DataFrame, facts: Mapping[str, Any]) -> np.ndarray:
    """Return the input columns, (rows, columns): numbers, NaN where one is empty, and the places of texts.

    Args:
        frame: with all columns.
        facts: names of the `inputs`, what stands for a `missing` value, the `texts` of each input that training has
            inputs for (empty for numbers), and the `spellings` of those that are dates or have units.

    Raises:
        UserError: for a value that is none of its column's kind, and an empty one if training had none anywhere.
    """
    marks, spellings, texts = facts["missing"], facts["spellings"], facts["texts"]
    x = np.empty((len(frame), len(facts["inputs"])))
    for index, name in enumerate(facts["inputs"]):
        if texts and texts[index]:
            x[:, index] = _places(frame[name], texts[index], marks)
            continue
        numbers = _numbers(frame[name], spellings.get(name), marks)
        if not texts:
            check_filled(frame[name], numbers, remedy="fill it")
        x[:, index] = numbers.fill_null(np.nan).to_numpy()
    return x


def _places(column: pl.Series, texts: Sequence[str], missing: Collection[str] | None) -> np.ndarray:
    """The place of each text, -1 for one that training had not."""
    codes = [text for text in texts if re.match(CODE, text)]
    if codes and column.dtype.is_numeric():
        raise UserError(f"the column {column.name} of the new rows must be text, as {codes[0]} is, got numbers")
    written = without_missing(column.cast(pl.String), missing).fill_null(EMPTY)
    known = pl.Series(texts, dtype=pl.String)
    places = range(len(texts))
    found = written.replace_strict(texts, places, default=None, return_dtype=pl.Int64)
    # The same number may be written 1 here and 1.0 there, where an empty field made a column one of fractions.
    plain = dict(zip(_plain(known), places, strict=True))
    return found.fill_null(_plain(written).replace_strict(plain, default=-1, return_dtype=pl.Int64)).to_numpy()


def _plain(texts: pl.Series) -> pl.Series:
    """Whole numbers without a point, and truth values in small letters."""
    whole = texts.str.replace(r"^([+-]?\d+)\.0+$", "$1")
    small = whole.str.to_lowercase()
    return pl.select(pl.when(small.is_in(TRUTH)).then(small).otherwise(whole)).to_series()


def _numbers(column: pl.Series, spelling: Spelling | None, missing: Collection[str] | None) -> pl.Series:
    """The numbers of a column, null where it is empty."""
    parsed = parse_column(column, missing)
    if spelling:
        numbers = read_like(parsed, spelling)
    elif parsed.dtype.is_numeric() or parsed.dtype in (pl.Boolean, pl.String, pl.Null):
        numbers = parsed.cast(pl.Float64, strict=False)
    else:
        numbers = pl.repeat(None, len(parsed), dtype=pl.Float64, eager=True)
    is_stray = parsed.is_not_null() & numbers.is_null()
    if is_stray.any():
        position = is_stray.arg_max() or 0
        words = "be as in the training part" if spelling else "hold numbers"
        value = str(parsed[position])
        raise UserError(f"the column {column.name} of the new rows must {words}, got {value!r} in row {position + 1}")
    return numbers
