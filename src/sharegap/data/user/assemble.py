"""From arrays to a `Dataset`: checks, the test part, standardization, and what was understood."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sharegap.data.dataset import Dataset, set_aside
from sharegap.data.user.inputs import Scale, check_numbers, describe_sample
from sharegap.data.user.targets import Column, Targets, targets
from sharegap.data.user.task_column import related
from sharegap.errors import UserError
from sharegap.seeding import derive_seed

LEAST = 10
"""Samples: of fewer, no part is worth the name."""
TEST_SHARE = 5
"""One of so many samples is set aside for the test where no test part is given."""


@dataclass(frozen=True)
class Own:
    """What a file holds.

    Args:
        source: its name, for messages.
        x: inputs (samples, ...).
        columns: targets, each (samples of x and after them those of x_test,).
        x_test: inputs of the test part, where it is given.
        groups: (samples of x,) values; samples of one group are on one side of every split.
        notes: what else is to be said of it.
        tasks: (samples of x and after them those of x_test,) values, where each sample belongs to one of many tasks.
    """

    source: str
    x: np.ndarray
    columns: Sequence[Column]
    x_test: np.ndarray | None = None
    groups: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    tasks: np.ndarray | None = None


def assemble(own: Own, kind: str | None) -> Dataset:
    """The data set, whose inputs and real targets are standardized by the training part.

    Without a test part a fifth of the samples is set aside, the same for every run: classes or tasks in proportion,
    groups whole. Samples without any target are left out. Raises UserError for what cannot be trained on.
    """
    _check_shapes(own)
    samples = len(own.x) + (0 if own.x_test is None else len(own.x_test))
    if own.tasks is None:
        asked, tasks = targets(own.columns, kind, samples), None
    else:
        asked, tasks = related(own.columns, kind, own.tasks)
    pairs = asked.kind == "pairs"
    shape = own.x.shape[1:]
    if pairs and shape[0] != 2:
        raise UserError(f"the pairs of {own.source} must be of the shape (samples, 2, ...), and x is {own.x.shape}")
    sample = describe_sample(shape[1:] if pairs else shape)
    check_numbers(own.x, "x")
    check_numbers(_test_inputs(own), "x_test")
    groups = None if own.groups is None else np.unique(own.groups, return_inverse=True)[1]
    train, test = _parts(asked, groups, len(own.x), own.x_test is not None)
    of_test = test + (0 if own.x_test is None else len(own.x))
    _check_parts(asked, train, of_test)
    keep = 2 if pairs else 1
    scale = Scale.of(own.x, train, keep)
    if scale.constant.all():
        raise UserError(f"every input of {own.source} is the same in all samples: there is nothing to learn from")
    x, x_test = (_shaped(scale.apply(*part), keep) for part in ((own.x, train), (_test_inputs(own), test)))
    y, y_test = _targets(asked, x, x_test, train, of_test)
    if not x_test.isfinite().all() or y_test.isinf().any():
        raise UserError(f"the test part of {own.source} is too far from the training part: are both in the same units?")
    dataset = Dataset(
        x,
        y,
        x_test,
        y_test,
        classes=asked.count,
        tasks=asked.tasks,
        strata=asked.strata[train],
        groups=None if groups is None else groups[train],
        kind=asked.kind,
        understood=" ".join([*_words(own, asked, sample, scale), *_splits(own, asked, groups, train, test)]),
    )
    return dataset if tasks is None else tasks.of(dataset, train, of_test)


def _test_inputs(own: Own) -> np.ndarray:
    return own.x if own.x_test is None else own.x_test


def _check_shapes(own: Own) -> None:
    if own.x.ndim < 2:
        raise UserError(f"x of {own.source} has the shape {own.x.shape}: it must be (samples, ...), e.g. (samples, 1)")
    if len(own.x) < LEAST:
        raise UserError(f"{own.source} has {len(own.x)} samples: it needs {LEAST} at least")
    if own.x_test is not None and (own.x_test.shape[1:] != own.x.shape[1:] or not len(own.x_test)):
        raise UserError(
            f"x has the shape {own.x.shape} and x_test {own.x_test.shape}: they must agree in their samples"
        )
    of_test = 0 if own.x_test is None else len(own.x_test)
    _check_labels(own, "groups", own.groups, len(own.x))
    _check_labels(own, "tasks", own.tasks, len(own.x) + of_test)


def _check_labels(own: Own, what: str, labels: np.ndarray | None, samples: int) -> None:
    if labels is not None and (labels.shape != (samples,) or labels.dtype.kind not in "biuU"):
        raise UserError(
            f"{what} of {own.source} must be one whole number or name for each of the {samples} samples, and are "
            f"{labels.dtype} of the shape {labels.shape}"
        )


def _parts(asked: Targets, groups: np.ndarray | None, samples: int, given: bool) -> tuple[np.ndarray, np.ndarray]:
    """The rows of x that are trained on, and those of the test part: of x_test where it is `given`, else of x."""
    rows = np.flatnonzero(asked.present[:samples])
    if given:
        return rows, np.flatnonzero(asked.present[samples:])
    rng = np.random.default_rng(derive_seed(0, "test part"))
    of_rows = None if groups is None else groups[rows]
    test, train = set_aside(asked.strata[rows], of_rows, len(rows) // TEST_SHARE, rng)
    return np.sort(rows[train]), np.sort(rows[test])


def _check_parts(asked: Targets, train: np.ndarray, test: np.ndarray) -> None:
    """`test` in the rows of all targets."""
    if len(train) < LEAST // 2 or not len(test):
        raise UserError(
            f"{len(train)} samples remain for training and {len(test)} for the test: give more samples that have "
            "targets, or more and smaller groups"
        )
    for task in asked.each:
        of_train, of_test = (np.unique(task.numbers[part]) for part in (train, test))
        for number in np.setdiff1d(of_test, [*of_train, -1]):
            raise UserError(
                f"class {task.names[number]} of the target {task.task} is in the test part alone, where nothing can "
                "be learned of it: give more samples of it, or leave it out"
            )


def _shaped(x: Tensor, keep: int) -> Tensor:
    """A vector is one channel of that length."""
    return x.unsqueeze(keep) if x.dim() == keep + 1 else x


def _targets(asked: Targets, x: Tensor, x_test: Tensor, train: np.ndarray, test: np.ndarray) -> tuple[Tensor, Tensor]:
    """Targets of both parts; real ones are standardized over what is present of the training part."""
    if asked.y is None:
        return x.flatten(1), x_test.flatten(1)
    if asked.kind != "regression":
        return torch.from_numpy(asked.y[train]), torch.from_numpy(asked.y[test])
    mean, std = np.full(len(asked.tasks), np.nan), np.zeros(len(asked.tasks))
    for task, values in enumerate(asked.y[train].T):
        if not np.isnan(values).all():
            mean[task], std[task] = np.nanmean(values), np.nanstd(values)
        if not std[task]:
            raise UserError(f"the target {asked.tasks[task]} does not vary in the training part: leave it out")
    y, y_test = (torch.from_numpy((asked.y[part] - mean) / std).float() for part in (train, test))
    return y, y_test


def _words(own: Own, asked: Targets, sample: str, scale: Scale) -> list[str]:
    items = "pairs of " if asked.kind == "pairs" else ""
    ends = f"from {scale.low.min():.4g} to {scale.high.max():.4g}"
    said = [f"{own.source}: {asked.kind}, {asked.words}.", f"{len(asked.present):,} samples: {items}{sample}, {ends}."]
    if constant := int(scale.constant.sum()):
        of = "feature" if own.x.ndim == 2 + (asked.kind == "pairs") else "channel"
        said.append(f"{constant} {of}{'s are' if constant > 1 else ' is'} constant in the training part and set to 0.")
    if left := int((~asked.present).sum()):
        said.append(f"{left:,} sample{'s' * (left > 1)} without a target left out.")
    if asked.kind == "pairs" and own.groups is None:
        said.append("Without groups, pairs that have an item in common may be on both sides of a split.")
    return [*said, *own.notes]


def _splits(own: Own, asked: Targets, groups: np.ndarray | None, train: np.ndarray, test: np.ndarray) -> list[str]:
    if own.x_test is not None:
        return [f"Test: the {len(test):,} samples of x_test; {len(train):,} remain."]
    how = "tasks in proportion" if own.tasks is not None else "classes in proportion" if asked.each else "at random"
    whole = "" if groups is None else f", {len(np.unique(groups[test]))} of {groups.max() + 1} groups whole"
    return [f"Test: {len(test):,} samples set aside, {how}{whole}, the same in every run; {len(train):,} remain."]
