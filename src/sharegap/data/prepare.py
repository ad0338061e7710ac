"""Prepare a table by the training samples of a run alone: fill empty fields, encode texts, standardize."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from sharegap.data.dataset import Dataset
from sharegap.data.standardize import Standardizer
from sharegap.errors import UserError

MIN_OCCURRENCES = 3
"""Of a text that occurs less often in training, nothing can be learned: it counts as any other text."""


def prepare(dataset: Dataset, train: np.ndarray) -> Dataset:
    """Return a data set whose columns are numbers without gaps; every figure of it is of the training samples alone.

    An empty number becomes the median, and a further input says that it was empty. A text becomes one input for each
    text of its column, of which the right one is 1; texts that occur fewer than MIN_OCCURRENCES times in training have
    none. Then all inputs and real targets are standardized. What does not vary in training is 0 everywhere.

    The shape depends on the data set and not on `train`, so that runs with other samples have networks of one shape.
    All that is fitted stands in the `preparation`, for new rows.

    Args:
        dataset: one that names `categories`; others are returned as they are.
        train: indices of the run's training samples.

    Raises:
        UserError: if a test sample is out of all proportion to the training samples.

    Example:
        >>> x = torch.tensor([[[0.0, 1.0]], [[0.0, torch.nan]], [[1.0, 3.0]]], dtype=torch.float64)
        >>> y = torch.tensor([0, 1, 0])
        >>> table = Dataset(x, y, x_test=x, y_test=y, classes=2, categories=((0, 1), ()))
        >>> prepare(table, np.arange(3)).x[:, 0, 0]  # the number; the second input says where it was empty
        tensor([-1.2247,  0.0000,  1.2247])
    """
    if not dataset.categories:
        return dataset
    parts = [dataset.x.numpy(), dataset.x_test.numpy()]
    count = len(dataset.categories)
    rows = [part.reshape(len(part), -1) for part in parts]
    medians, lacking = _fit(rows[0][:, :count], dataset.categories, train)
    encoded = [encode(part[:, :count], dataset.categories, medians=medians, lacking=lacking) for part in rows]
    _clear_rare(encoded[0], count_texts=sum(map(len, dataset.categories)), train=train)
    standardizer = Standardizer.fit(encoded[0], train, axis=1)
    inputs = []
    for part, values, encoded_values in zip(parts, rows, encoded, strict=True):
        x = standardizer.apply(encoded_values, np.arange(len(part)))
        if not x.isfinite().all():
            raise UserError("the test part must have the units of the training part, got larger numbers")
        # The task of a sample stays as it is.
        x = torch.cat([x, torch.from_numpy(values[:, count:]).float()], 1)
        inputs.append(x.reshape(*part.shape[:-1], -1))
    fitted = standardizer.facts | {"medians": medians, "lacking": lacking, "shape": [encoded[0].shape[1]]}
    y, y_test = dataset.y, dataset.y_test
    if y.is_floating_point():
        mean, std = _target_moments(y[torch.from_numpy(train)].numpy())
        y, y_test = ((part - torch.from_numpy(mean)) / torch.from_numpy(std) for part in (y, y_test))
        y, y_test = y.float(), y_test.float()
        fitted |= {"target_mean": mean.tolist(), "target_std": std.tolist()}
    preparation = None if dataset.preparation is None else {**dataset.preparation, **fitted}
    return replace(dataset, x=inputs[0], x_test=inputs[1], y=y, y_test=y_test, categories=(), preparation=preparation)


def encode(
    x: np.ndarray, categories: Sequence[Sequence[int]], *, medians: Sequence[float], lacking: Sequence[int]
) -> np.ndarray:
    """Return columns as numbers without gaps, (samples, inputs): numbers, what was empty, and texts.

    Args:
        x: (samples, columns), NaN where a number is empty.
        categories: of each column its texts that become inputs; empty for a column of numbers. No other text has one.
        medians: of each column of numbers, in place of what is empty.
        lacking: the columns for which an input says that they are empty.
    """
    numbers = [column for column, codes in enumerate(categories) if not codes]
    filled = np.where(np.isnan(x[:, numbers]), np.asarray(medians, dtype=np.float64), x[:, numbers])
    encoded = [filled, np.isnan(x[:, list(lacking)])]
    for column, codes in enumerate(categories):
        if codes:
            encoded.append(x[:, [column]] == np.array(codes))
    return np.concatenate(encoded, 1, dtype=np.float64)


def _fit(x: np.ndarray, categories: Sequence[Sequence[int]], train: np.ndarray) -> tuple[list[float], list[int]]:
    """The median of each column of numbers in training, and which columns are empty anywhere."""
    numbers = [column for column, codes in enumerate(categories) if not codes]
    with warnings.catch_warnings(action="ignore"):  # of columns that are empty in training
        medians = np.nan_to_num(np.nanmedian(x[train][:, numbers], 0))
    return medians.tolist(), [column for column in numbers if np.isnan(x[:, column]).any()]


def _clear_rare(encoded: np.ndarray, *, count_texts: int, train: np.ndarray) -> None:
    """Have the texts that are rare in training, the last inputs, vary nowhere: what is constant is always 0."""
    texts = encoded[:, encoded.shape[1] - count_texts :]
    texts *= texts[train].sum(0) >= MIN_OCCURRENCES


def _target_moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the targets that the training samples have."""
    with warnings.catch_warnings(action="ignore"):  # of targets that no training sample has
        mean, std = np.nan_to_num(np.nanmean(values, 0)), np.nan_to_num(np.nanstd(values, 0))
    return mean, np.where(std > 0, std, 1)
