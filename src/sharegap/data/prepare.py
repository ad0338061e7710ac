"""Prepare a table by the training samples of a run alone: fill empty fields, encode texts, standardize."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

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
    encoded = _encode(rows[0][:, :count], rows[1][:, :count], dataset.categories, train)
    standardizer = Standardizer.fit(encoded[0], train, axis=1)
    inputs = []
    for part, values, encoded_values in zip(parts, rows, encoded, strict=True):
        x = standardizer.apply(encoded_values, np.arange(len(part)))
        if not x.isfinite().all():
            raise UserError("the test part must have the units of the training part, got larger numbers")
        # The task of a sample stays as it is.
        x = torch.cat([x, torch.from_numpy(values[:, count:]).float()], 1)
        inputs.append(x.reshape(*part.shape[:-1], -1))
    y, y_test = dataset.y, dataset.y_test
    if y.is_floating_point():
        y, y_test = _standardize_targets(y, y_test, train)
    return replace(dataset, x=inputs[0], x_test=inputs[1], y=y, y_test=y_test, categories=())


def _encode(
    x: np.ndarray, x_test: np.ndarray, categories: tuple[tuple[int, ...], ...], train: np.ndarray
) -> list[np.ndarray]:
    """Fill numbers and encode texts of both parts, (samples, inputs) each, as the training samples say."""
    # Here, as few runs need it and importing it takes a second.
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    numbers = [column for column, codes in enumerate(categories) if not codes]
    texts = [column for column, codes in enumerate(categories) if codes]
    lacking = [column for column in numbers if np.isnan(x[:, column]).any()]
    encoder = OneHotEncoder(
        categories=[np.array(categories[column], dtype=np.float64) for column in texts],
        handle_unknown="ignore",
        sparse_output=False,
    )
    transformer = ColumnTransformer([
        ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numbers),
        ("empty", MissingIndicator(features="all"), lacking),
        ("texts", encoder, texts),
    ])  # fmt: skip
    with warnings.catch_warnings(action="ignore"):  # of columns that are empty in training
        transformer.fit(x[train])
        encoded = [np.asarray(transformer.transform(part), dtype=np.float64) for part in (x, x_test)]
    first = len(numbers) + len(lacking)
    is_rare = encoded[0][train, first:].sum(0) < MIN_OCCURRENCES
    for part in encoded:
        part[:, first:] *= ~is_rare
    return encoded


def _standardize_targets(y: Tensor, y_test: Tensor, train: np.ndarray) -> tuple[Tensor, Tensor]:
    """Real targets by the mean and the deviation of those that the training samples have."""
    values = y[torch.from_numpy(train)].numpy()
    with warnings.catch_warnings(action="ignore"):  # of targets that no training sample has
        mean, std = np.nan_to_num(np.nanmean(values, 0)), np.nan_to_num(np.nanstd(values, 0))
    std = torch.from_numpy(np.where(std > 0, std, 1))
    return ((y - torch.from_numpy(mean)) / std).float(), ((y_test - torch.from_numpy(mean)) / std).float()
