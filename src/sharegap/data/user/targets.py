"""Targets: which kind they are of, as numbers, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharegap.data.dataset import TASK_KINDS
from sharegap.data.user.inputs import LARGEST
from sharegap.errors import UserError, unknown_name

KINDS = tuple(kind for kind in TASK_KINDS if kind != "related_tasks")  # which a task column says
MISSING = -1
SHOWN = 10
"""Classes that are named one by one."""


@dataclass(frozen=True)
class Column:
    """One target of every sample: `values` (samples,), and which of them are `missing`, where the file says so."""

    name: str
    values: np.ndarray
    missing: np.ndarray

    @property
    def is_real(self) -> bool:
        return self.values.dtype.kind == "f"


def kind_of(columns: Sequence[Column], asked: str | None) -> str:
    """The kind that is asked for, else what the types say: real numbers are regression, all else are classes.

    Several columns of classes are tasks. Where some columns are real and the others whole numbers, all are real.
    Raises UserError for an unknown kind, and for a number of targets that does not go with it.
    """
    if asked is not None and asked not in KINDS:
        raise unknown_name("dataset.kind", asked, KINDS)
    if asked is None and not columns:
        raise UserError(
            "there are no targets: name them, or set dataset.kind=reconstruction if the inputs are the targets"
        )
    real = any(column.is_real for column in columns)
    kind = asked or ("regression" if real else "classification" if len(columns) == 1 else "multitask")
    if kind in ("classification", "pairs") and len(columns) != 1:
        raise UserError(f"{kind} needs one target for each sample, and there are {len(columns)}: set dataset.kind anew")
    if kind in ("multitask", "regression") and len(columns) < (least := 2 if kind == "multitask" else 1):
        raise UserError(f"{kind} needs {least} or more targets, and there are {len(columns)}: set dataset.kind anew")
    for column in columns:
        if kind == "regression" and column.values.dtype.kind not in "biuf":
            raise UserError(
                f"the target {column.name} holds text, and others real numbers: set dataset.kind or choose targets"
            )
    return kind


def real_numbers(column: Column) -> np.ndarray:
    """The values in double precision, NaN where they are missing."""
    values = np.where(column.missing, np.nan, column.values.astype(np.float64))
    beyond = np.abs(values) > LARGEST
    if beyond.any():
        raise UserError(
            f"the target {column.name} is infinite or beyond {LARGEST:.1e} in sample {int(beyond.argmax())} (from 0): "
            "leave it empty or NaN where it is missing"
        )
    return values


@dataclass(frozen=True)
class Classes:
    """A target's classes: their `names`, in order, and the number of each sample's, -1 where it is missing."""

    names: list[str]
    numbers: np.ndarray
    task: str

    def describe(self) -> str:
        counts = np.bincount(self.numbers[self.numbers >= 0], minlength=len(self.names))
        if len(self.names) > SHOWN:
            return f"{len(self.names)} classes of {counts.min():,} to {counts.max():,}"
        each = (f"{name} ({count:,})" for name, count in zip(self.names, counts, strict=True))
        return f"{len(self.names)} classes: {', '.join(each)}"


def classes(column: Column, several: bool) -> Classes:
    """The different values, in order, are the classes; NaN is missing, and -1 where there are several targets.

    Raises UserError where values are no classes, and where a class has fewer than 2 samples, or there are fewer
    than 2 classes.
    """
    values, missing = column.values, column.missing.copy()
    if column.is_real:
        missing |= np.isnan(values)
        whole = np.where(missing, 0, values)
        if not (np.abs(whole) < 2**53).all() or not (whole == np.round(whole)).all():
            raise UserError(f"the target {column.name} holds numbers that are not whole: set dataset.kind=regression")
        values = whole.astype(np.int64)
    if values.dtype.kind == "i":
        minus = (values == MISSING) & ~missing
        if several:
            missing |= minus
        elif minus.any() and set(np.unique(values[~missing]).tolist()) != {-1, 1}:
            raise UserError(
                f"the target {column.name} is -1 in {int(minus.sum())} samples, which can mean a missing target: leave "
                "them out, or give that class another number"
            )
    found, numbers = np.unique(values[~missing], return_inverse=True)
    counts = np.bincount(numbers, minlength=len(found))
    if len(found) < 2:
        raise UserError(
            f"the target {column.name} has {len(found)} class{'es' * (len(found) != 1)}: it needs 2 at least"
        )
    if counts.min() < 2:
        raise UserError(
            f"class {found[counts.argmin()]} of the target {column.name} has one sample, and a class needs 2 at least: "
            "leave it out, or set dataset.kind=regression if this is a number to predict"
        )
    coded = np.full(len(values), MISSING)
    coded[~missing] = numbers
    return Classes([str(each) for each in found], coded, column.name)


@dataclass(frozen=True)
class Targets:
    """The targets of all samples: `y`, none where the inputs are the targets; `strata` that splits keep in proportion.

    `present` (samples,) says which samples have any, `words` what they are, `each` what classes each target has.
    """

    kind: str
    present: np.ndarray
    strata: np.ndarray
    words: str
    y: np.ndarray | None = None
    each: tuple[Classes, ...] = ()
    tasks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many values a target takes; 0 for real numbers."""
        return max((len(task.names) for task in self.each), default=0)


def targets(columns: Sequence[Column], asked: str | None, samples: int) -> Targets:
    """What the `columns` are as targets of the kind `asked`, or of the kind that their types say."""
    kind = kind_of(columns, asked)
    if kind == "reconstruction":
        nothing = np.zeros(samples, dtype=int)
        words = "the targets are the inputs" + (", and those given are not used" if columns else "")
        return Targets(kind, np.ones(samples, dtype=bool), nothing, words)
    names = tuple(column.name for column in columns)
    if kind == "regression":
        y = np.stack([real_numbers(column) for column in columns], 1)
        missing = np.isnan(y)
        words = _listed([_describe_real(name, values) for name, values in zip(names, y.T, strict=True)], "targets")
        return Targets(kind, ~missing.all(1), np.zeros(samples, dtype=int), words + _share(missing), y, (), names)
    each = tuple(classes(column, several=kind == "multitask") for column in columns)
    coded = np.stack([one.numbers for one in each], 1)
    present = (coded != MISSING).any(1)
    if kind == "multitask":
        words = _listed([f"{one.task} with {one.describe()}" for one in each], "targets") + _share(coded == MISSING)
        return Targets(kind, present, coded[:, 0], words, coded, each, names)
    if kind == "pairs" and each[0].names not in (["0", "1"], ["False", "True"]):
        raise UserError(
            f"the target of pairs must be 1 where both show the same and else 0, and it is {each[0].describe()}: "
            "set it so, or choose another dataset.kind"
        )
    return Targets(kind, present, coded[:, 0], each[0].describe(), coded[:, 0], each)


def _describe_real(name: str, values: np.ndarray) -> str:
    there = values[~np.isnan(values)]
    return f"{name} from {there.min():.4g} to {there.max():.4g}" if len(there) else f"{name}, which nothing is known of"


def _listed(descriptions: list[str], what: str) -> str:
    if len(descriptions) == 1:
        return f"the target {descriptions[0]}"
    more = "; ..." if len(descriptions) > SHOWN else ""
    return f"{len(descriptions)} {what}: {'; '.join(descriptions[:SHOWN])}{more}"


def _share(missing: np.ndarray) -> str:
    return f"; {missing.mean():.1%} of them are missing" if missing.any() else ""
