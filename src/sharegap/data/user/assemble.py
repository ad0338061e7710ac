"""Turn the arrays of a user's file into a `Dataset`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset
from sharegap.data.duplicates import number_samples, takes_few_values, unite
from sharegap.data.split import are_latest, hold_out
from sharegap.data.standardize import Standardizer
from sharegap.data.task_in_sample import with_task
from sharegap.data.user.description import describe, describe_inputs
from sharegap.data.user.preparation import describe_preparation
from sharegap.data.user.targets import Targets, encode_targets
from sharegap.data.user.task_column import encode_targets_by_task
from sharegap.data.user.units import check_units
from sharegap.data.user.unprepared import (
    Categories,
    check_prepared,
    columns_that_recur,
    describe_columns,
    frequent_texts,
    keep_frequent,
    raw_inputs,
)
from sharegap.data.user.user_data import MIN_SAMPLES, UserData, check_inputs, check_shapes
from sharegap.errors import UserError
from sharegap.seeding import derive_seed

TEST_FRACTION = 5
"""One of so many samples is held out for the test if the file has no test part."""


def make_dataset(data: UserData, kind: str | None) -> Dataset:
    """Check, split, standardize and describe a user's data.

    Inputs and real targets are standardized by the training part; those with texts or empty fields by each run, see
    `sharegap.data.prepare`. Without a test part a fifth of the samples is held
    out, the same for every run, with classes or tasks in proportion and groups whole. Samples without any target are
    left out.

    Args:
        data: what the file holds.
        kind: as for `encode_targets`.

    Raises:
        UserError: if nothing can be learned from the data.
    """
    # In this order, so that a message is about the first thing to mend.
    check_shapes(data)
    if data.tasks is None:
        targets = encode_targets(data.columns, kind, data.num_samples)
    else:
        targets = encode_targets_by_task(data.columns, kind, data.tasks)
    check_inputs(data, targets.is_pairs)
    groups = None if data.groups is None else np.unique(data.groups, return_inverse=True)[1]
    train, test = _split_off_test(data, targets, groups)
    test_targets = test + data.test_start
    _check_split(targets, train, test_targets)
    categories: Categories = ()
    fitted: dict[str, list[Any]]
    if data.texts:
        data, categories = keep_frequent(data, train)
        x, x_test = raw_inputs(data, train, test)
        y, y_test = torch.from_numpy(targets.y[train]), torch.from_numpy(targets.y[test_targets])
        targets.moments(train)  # each run standardizes them; what none could learn is told here
        inputs, fitted = describe_columns(data, categories, train), frequent_texts(data, categories)
    else:
        moments = targets.moments(train)
        (x, y, x_test, y_test), standardizer = _standardized_parts(data, targets, moments, train, test)
        inputs, fitted = describe_inputs(data, targets, standardizer), standardizer.facts | moments
    if targets.tasks is not None:
        x, x_test = with_task(x, targets.tasks[train]), with_task(x_test, targets.tasks[test_targets])
    dataset = Dataset(
        x,
        y,
        x_test,
        y_test,
        classes=targets.num_classes,
        tasks=targets.task_names,
        strata=targets.strata[train],
        groups=None if groups is None else groups[train],
        order=None if data.times is None else np.unique(data.times, return_inverse=True)[1][train],
        kind=targets.kind,
        categories=categories,
        description=describe(data, targets, inputs, groups, train, test),
        preparation=describe_preparation(data, targets, fitted),
    )
    if categories:
        check_prepared(dataset, data)
    return dataset


def _standardized_parts(
    data: UserData, targets: Targets, moments: Mapping[str, Sequence[float]], train: np.ndarray, test: np.ndarray
) -> tuple[tuple[Tensor, Tensor, Tensor, Tensor], Standardizer]:
    """x, y, x_test and y_test, standardized by the training part, and by what; targets by `moments`."""
    channel_axis = 2 if targets.is_pairs else 1
    standardizer = Standardizer.fit(data.x, train, channel_axis)
    if standardizer.constant.all():
        raise UserError(f"x of {data.source} must vary, got the same inputs in all samples")
    x = _as_channels(standardizer.apply(data.x, train), channel_axis)
    x_test = _as_channels(standardizer.apply(data.test_inputs, test), channel_axis)
    if targets.kind == "reconstruction":
        y, y_test = x.flatten(1), x_test.flatten(1)
    else:
        y, y_test = _encode_y(targets, moments, train, test + data.test_start)
    # Finite inputs overflow if the training part varies far less than the test part.
    if not x_test.isfinite().all() or y_test.isinf().any():
        raise UserError(f"the test part of {data.source} must have the units of the training part, got larger numbers")
    if data.x_test is not None:
        check_units(x, x_test, data.source, "inputs")
        if not targets.num_classes and targets.columns:
            check_units(y, y_test, data.source, "targets")
    return (x, y, x_test, y_test), standardizer


def _split_off_test(data: UserData, targets: Targets, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Choose the rows of x to train on, and those of the test inputs."""
    rows = np.flatnonzero(targets.present[: len(data.x)])
    if data.x_test is not None:
        return rows, np.flatnonzero(targets.present[len(data.x) :])
    if data.times is not None:
        is_test = are_latest(data.times[rows], len(rows) // TEST_FRACTION)
        return rows[~is_test], rows[is_test]
    # A seed of its own, as no run may choose its test part.
    rng = np.random.default_rng(derive_seed(data.split_seed, "test part"))
    row_groups = None if groups is None else groups[rows]
    units = _unite_equal(data, rows, row_groups)
    test, train = hold_out(targets.strata[rows], row_groups, len(rows) // TEST_FRACTION, rng, units)
    # In the order of the file, which users can compare with.
    return np.sort(rows[train]), np.sort(rows[test])


def _unite_equal(data: UserData, rows: np.ndarray, groups: np.ndarray | None) -> np.ndarray | None:
    """Number what the test part must not divide: groups, joined with equal samples of one task."""
    # A name that differs from row to row is no input, and makes no two samples different.
    x = data.x[:, columns_that_recur(data, rows)] if data.texts else data.x
    if takes_few_values(x[rows]):
        return None
    numbers = number_samples([(x, rows)])
    if data.tasks is not None:
        tasks = np.unique(data.tasks[rows], return_inverse=True)[1]
        numbers = np.unique(numbers * len(rows) + tasks, return_inverse=True)[1]
    return unite(numbers, groups)


def _check_split(targets: Targets, train: np.ndarray, test: np.ndarray) -> None:
    """Check that all that is tested can be learned; `train` and `test` are indices of all samples."""
    if len(train) < MIN_SAMPLES // 2 or not len(test):
        raise UserError(
            f"at least {MIN_SAMPLES // 2} samples must remain for training and 1 for the test, got {len(train)} and "
            f"{len(test)}: add samples that have targets, or more and smaller groups"
        )
    for column in targets.columns:
        if column.class_names:
            _check_labels_trained(column.class_names, column.values, train, test, f"target {column.name}'s class")
    if targets.tasks is not None:
        _check_labels_trained(targets.task_names, targets.tasks, train, test, "task")


def _check_labels_trained(
    names: Sequence[str], labels: np.ndarray, train: np.ndarray, test: np.ndarray, what: str
) -> None:
    """Check that the training part has every class or task of the test part."""
    for label in np.setdiff1d(labels[test], labels[train]):
        if label >= 0:
            raise UserError(
                f"the training part must have samples of the {what} {names[label]}, got them in the test part only: "
                "add some, or remove them"
            )


def _as_channels(x: Tensor, channel_axis: int) -> Tensor:
    """Make one channel of a vector of features."""
    return x.unsqueeze(channel_axis) if x.dim() == channel_axis + 1 else x


def _encode_y(
    targets: Targets, moments: Mapping[str, Sequence[float]], train: np.ndarray, test: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Targets of both parts; real ones are standardized by `moments`."""
    y = targets.y
    if targets.num_classes:
        return torch.from_numpy(y[train]), torch.from_numpy(y[test])
    mean, std = np.array(moments["target_mean"]), np.array(moments["target_std"])
    with np.errstate(over="ignore"):  # infinities of the test part are refused
        return torch.from_numpy((y[train] - mean) / std).float(), torch.from_numpy((y[test] - mean) / std).float()
