"""Samples with equal inputs: count them, and say which a split must keep on one side."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, starmap

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sharegap.data.dataset import Dataset
from sharegap.data.standardize import blocks

MAX_VALUES, MAX_INPUTS = 16, 64
"""Up to so many inputs of up to so many values each make a table of categories, whose equal rows are draws.

Measured on public tables: rows are equal in Zoo (up to 6 values), votes (3), Wisconsin breast cancer (10) and letters
(16), all of them categories or grades. Where rows were copied, some input has 160 values or more: red and white wines,
mammography, spam.
"""


def with_duplicates(dataset: Dataset) -> Dataset:
    """Return a data set that names the samples that a split must not divide, and says how many are equal.

    Equal inputs on both sides of a split are a copy that a network can recall. Where inputs take few values, they are
    draws that happen to be equal: a new sample may be, too, so they stay where they are.
    """
    count, count_test = len(dataset.y), len(dataset.y_test)
    rows, test_rows = np.arange(count), np.arange(count_test)
    numbers = number_samples([(dataset.x.numpy(), rows), (dataset.x_test.numpy(), test_rows)])
    targets = number_samples([(dataset.y.numpy(), rows), (dataset.y_test.numpy(), test_rows)])
    pairs = np.unique(numbers * len(targets) + targets, return_inverse=True)[1]
    is_drawn = dataset.has_tokens or takes_few_values(dataset.x.numpy())
    in_training = np.isin(numbers[count:], numbers[:count])
    is_same = np.isin(pairs[count:], pairs[:count])
    sentences = []
    if in_training.any():
        share = f" ({in_training.mean():.1%})" if is_drawn else ""
        sentences.append(
            f"{in_training.sum():,} of the {count_test:,} test samples{share} equal a training sample, "
            f"{is_same.sum():,} with the same target."
        )
    if is_drawn:
        if sentences:
            sentences.append("As inputs take few values, these are draws and no copies.")
        elif dataset.description:
            sentences.append("No test sample equals a training sample.")
        return replace(dataset, duplicates_note=" ".join(sentences))
    is_ordered = dataset.order is not None
    sides = np.arange(count + count_test) >= count
    has_twin = _repeats(2 * numbers + sides)
    if has_twin.any():
        same_target = _repeats(2 * pairs + sides)
        sentences.append(
            f"{has_twin.sum():,} samples equal another one of their part, {same_target.sum():,} with the same target: "
            f"a split {'by time may divide them' if is_ordered else 'keeps equal samples on one side'}."
        )
    if dataset.description and not sentences:
        sentences = ["No two samples are equal."]
    units = None if is_ordered else unite(numbers[:count], dataset.groups)
    return replace(dataset, duplicates=units, duplicates_note=" ".join(sentences))


def number_samples(parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Number samples, (samples,): equal ones have one number.

    Args:
        parts: arrays (samples, ...) of one shape and type, each with the rows that count.
    """
    # Not a dictionary of hashes, which would take far more memory than short samples.
    hashes = np.fromiter(chain.from_iterable(starmap(_hashes, parts)), np.int64)
    _, first, numbers = np.unique(hashes, return_index=True, return_inverse=True)
    # In the order in which they occur, on which the splits depend.
    return np.argsort(np.argsort(first))[numbers]


def _hashes(x: np.ndarray, rows: np.ndarray) -> Iterator[int]:
    """A hash of each sample: of bytes, so that no one can choose samples that collide."""
    for _, block in blocks(x, rows):
        values = block + 0  # as -0.0 equals 0.0 in other bytes; truth values become numbers of more bytes
        content, size = values.tobytes(), values[0].nbytes
        yield from (hash(content[start : start + size]) for start in range(0, len(content), size))


def takes_few_values(x: np.ndarray) -> bool:
    """Whether samples (samples, ...) are few inputs of few values each."""
    inputs = x.reshape(len(x), -1)
    # Of few samples any input has few values.
    limit = min(MAX_VALUES, len(x) // 4)
    return inputs.shape[1] <= MAX_INPUTS and all(len(np.unique(column)) <= limit for column in inputs.T)


def unite(numbers: np.ndarray, groups: np.ndarray | None) -> np.ndarray | None:
    """Join the groups of samples of one number.

    Args:
        numbers: (samples,), one for equal samples.
        groups: (samples,) integers of groups that a split keeps whole, or None.

    Returns:
        (samples,) numbers of what a split keeps whole; None where `groups` say that already.
    """
    different, numbers = np.unique(numbers, return_inverse=True)
    if len(different) == len(numbers):
        return None
    if groups is None:
        return numbers
    names, members = np.unique(groups, return_inverse=True)
    size = len(names) + len(different)
    links = coo_array((np.ones(len(numbers)), (members, len(names) + numbers)), shape=(size, size))
    count, units = connected_components(links, directed=False)
    return None if count == len(names) else units[members]


def _repeats(numbers: np.ndarray) -> np.ndarray:
    """Which numbers occur more than once, (samples,)."""
    return np.bincount(numbers)[numbers] > 1
