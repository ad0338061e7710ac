"""The columns of a table that each run prepares by its own training samples: which texts count, and what is said."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.prepare import MIN_OCCURRENCES, prepare
from sharegap.data.user.table_file import list_names
from sharegap.data.user.units import check_units
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError

Categories = tuple[tuple[int, ...], ...]


def keep_frequent(data: UserData, train: np.ndarray) -> tuple[UserData, Categories]:
    """Leave out what no run could learn from: texts that are rare, and columns of such texts alone.

    A text that is rare in all that is not for the test is rare in the training samples of every run, so no figure of
    a run depends on this.

    Args:
        data: with texts.
        train: rows of x that are not for the test.

    Returns:
        The data without columns of rare texts, and for each column the texts that become inputs.
    """
    codes = [_frequent_codes(data, index, train) for index in range(len(data.texts))]
    kept = columns_that_recur(data, train)
    rare = [name for index, name in enumerate(data.input_names) if index not in kept]
    if not kept:
        raise UserError(f"inputs must hold numbers or texts that recur, got texts that differ in {list_names(rare)}")
    notes = list(data.notes)
    if rare:
        notes.append(f"Left out, as their texts differ from row to row: {list_names(rare)}.")
    changed = replace(
        data,
        x=data.x[:, kept],
        x_test=None if data.x_test is None else data.x_test[:, kept],
        input_names=tuple(data.input_names[index] for index in kept),
        texts=tuple(data.texts[index] for index in kept),
        notes=tuple(notes),
    )
    return changed, tuple(codes[index] for index in kept)


def columns_that_recur(data: UserData, rows: np.ndarray) -> list[int]:
    """Return which columns hold numbers, or some text that is frequent in some rows."""
    return [index for index, texts in enumerate(data.texts) if not texts or _frequent_codes(data, index, rows)]


def _frequent_codes(data: UserData, index: int, rows: np.ndarray) -> tuple[int, ...]:
    """The frequent texts of a column, as they are numbered; none of a column of numbers."""
    if not data.texts[index]:
        return ()
    counts = np.bincount(data.x[rows, index].astype(int))
    return tuple(np.flatnonzero(counts >= MIN_OCCURRENCES).tolist())


def frequent_texts(data: UserData, categories: Categories) -> dict[str, list[list[str]]]:
    """Return as `texts` those of each column that become inputs, by which new rows are read; empty for numbers."""
    texts = zip(data.texts, categories, strict=True)
    return {"texts": [[values[code] for code in codes] for values, codes in texts]}


def raw_inputs(data: UserData, train: np.ndarray, test: np.ndarray) -> tuple[Tensor, Tensor]:
    """The inputs of both parts as they were read, (samples, 1, columns)."""
    return torch.from_numpy(data.x[train])[:, None], torch.from_numpy(data.test_inputs[test])[:, None]


def check_prepared(dataset: Dataset, data: UserData) -> None:
    """Raise a UserError if the columns do not vary, or a test part of its own is in other units."""
    prepared = prepare(dataset, np.arange(len(dataset.y)))
    if not prepared.x.any():
        raise UserError(f"x of {data.source} must vary, got the same inputs in all samples")
    if data.x_test is not None:
        check_units(prepared.x, prepared.x_test, data.source, "inputs")
        if prepared.y.is_floating_point():
            check_units(prepared.y, prepared.y_test, data.source, "targets")


def describe_columns(data: UserData, categories: Categories, train: np.ndarray) -> str:
    """Say how many columns there are, and what each run does with their texts and empty fields."""
    numbers, texts, empty = [], [], []
    for name, column, codes, values in zip(data.input_names, data.x.T, categories, data.texts, strict=True):
        if codes:
            texts.append(
                f"{name} ({len(codes)})" if len(codes) == len(values) else f"{name} ({len(codes)} of {len(values)})"
            )
            continue
        numbers.append(name)
        if missing := int(np.isnan(column).sum()):
            empty.append(f"{name} ({missing:,})")
    count = len(data.input_names)
    sentences = [
        f"{data.num_samples:,} samples: {count} column{'' if count == 1 else 's'} ({list_names(data.input_names)})."
    ]
    if texts:
        sentences.append(
            f"Texts become an input for each that occurs {MIN_OCCURRENCES} times or more: {list_names(texts)}."
        )
    if empty:
        sentences.append(f"Empty fields become the median, and an input that says so: {list_names(empty)}.")
    sentences.append("Each run does this by its own training samples, and standardizes by them.")
    constant = [
        name for name, column in zip(data.input_names, data.x[train].T, strict=True) if len(np.unique(column)) == 1
    ]
    if constant:
        sentences.append(describe_constant(len(constant), "column", constant))
    return " ".join(sentences)


def describe_constant(count: int, unit: str, names: list[str]) -> str:
    """Say that inputs do not vary, and how to leave them out where they have names."""
    many = "" if count == 1 else "s"
    remedy = f": {list_names(names)}; dataset.leave_out=[...] leaves them out" if names else ""
    return f"{count} {unit}{many} {'is' if count == 1 else 'are'} constant in the training part and set to 0{remedy}."
