"""Describe in words how a user's data were read."""

from collections.abc import Sequence

import numpy as np

from sharegap.data.standardize import Standardizer
from sharegap.data.user.kind import num_whole_values
from sharegap.data.user.target_column import Column
from sharegap.data.user.targets import Targets
from sharegap.data.user.unprepared import describe_constant
from sharegap.data.user.user_data import UserData
from sharegap.errors import printable

MAX_LISTED = 10
"""Classes or targets that are listed one by one."""
WHOLE_REPEATS = 5
"""So often on average must whole values recur to be called so: they may be classes."""
FEW_TESTS = 100
"""Of fewer test samples, each is more than one in a hundred of the score."""


def describe(
    data: UserData,
    targets: Targets,
    inputs: str,
    groups: np.ndarray | None,
    train: np.ndarray,
    test: np.ndarray,
) -> str:
    """Describe the kind, the targets, the inputs, what was left out, and the test part.

    Args:
        data: what the file holds.
        targets: its targets, encoded.
        inputs: what is to be said of the inputs.
        groups: (samples,) integers from 0, or None.
        train: rows of x to train on.
        test: rows of the test inputs.
    """
    kind = targets.kind
    if targets.tasks is not None:
        kind = "classification" if targets.num_classes else "regression"
    sentences = [f"{data.source}: {kind}, {_describe_targets(data, targets)}.", inputs]
    left_out = int((~targets.present).sum())
    if left_out:
        marks = targets.columns[0].marks if len(targets.columns) == 1 else ""
        written = f" (written {marks})" if marks else ""
        sentences.append(f"{left_out:,} sample{_plural(left_out)} without a target{written} left out.")
    if targets.is_pairs and data.groups is None:
        sentences.append("Without groups, pairs that have an item in common may be on both sides of a split.")
    sentences += data.notes
    sentences.append(_describe_test(data, targets, groups, train, test))
    if kind in ("classification", "pairs") and len(test) < FEW_TESTS:
        sentences.append(f"A score moves in steps of {1 / len(test):.3f}, one test sample.")
    # Names may hold what moves a terminal's cursor.
    return printable(" ".join(sentences))


def describe_counts(length: int, characters: int, samples: tuple[int, int], context: int, source: str) -> str:
    """Describe a text by its length, its different characters, and its training and test samples."""
    train, test = samples
    return (
        f"{source}: text of {length:,} characters, {characters} different. {train + test:,} windows of {context} "
        f"characters. Test: {test:,}, the end of the text; {train:,} remain."
    )


def _describe_targets(data: UserData, targets: Targets) -> str:
    """Name the targets with their classes or ranges."""
    columns = targets.columns
    if targets.kind == "reconstruction":
        return "the targets are the inputs" + (", and those given are not used" if data.columns else "")
    if targets.kind in ("classification", "pairs"):
        return _describe_classes(columns[0])
    if targets.kind == "related_classes":
        return _describe_classes(columns[0]) + _describe_tasks(targets)
    descriptions = []
    for column in columns:
        if targets.kind == "multitask":
            descriptions.append(f"{column.name} with {_describe_classes(column)}")
        else:
            descriptions.append(_describe_numbers(column))
    words = _enumerate(descriptions)
    missing = [_describe_missing(column) for column in columns if column.missing.any()]
    if missing and len(columns) > 1:
        more = ", ..." if len(missing) > MAX_LISTED else ""
        words += f"; missing are {', '.join(missing[:MAX_LISTED])}{more}"
    return words + (_describe_tasks(targets) if targets.tasks is not None else "")


def _describe_tasks(targets: Targets) -> str:
    """Say how large the tasks are, and name those that have one class only."""
    assert targets.tasks is not None
    tasks = targets.tasks[targets.present]
    sizes = np.bincount(tasks)
    words = f", in {len(sizes)} tasks of {_from_to(sizes)} samples"
    if not targets.num_classes:
        return words
    counts = np.zeros((len(sizes), targets.num_classes), dtype=int)
    np.add.at(counts, (tasks, targets.y[targets.present]), 1)
    single = np.flatnonzero((counts > 0).sum(1) == 1)
    if len(single):
        names = [targets.task_names[task] for task in single[:MAX_LISTED]]
        more = ", ..." if len(single) > MAX_LISTED else ""
        words += f"; {len(single)} with one class only, so without a ROC AUC: {', '.join(names)}{more}"
    return words


def _describe_missing(column: Column) -> str:
    """Count the values that a target lacks, and say what is written in their place."""
    written = f" (written {column.marks})" if column.marks else ""
    return f"{int(column.missing.sum()):,} of {column.name}{written}"


def _describe_classes(column: Column) -> str:
    """List the classes with their numbers of samples."""
    counts = np.bincount(column.values[~column.missing], minlength=len(column.class_names))
    if len(counts) > MAX_LISTED:
        return f"{len(counts)} classes of {_from_to(counts)}"
    classes = [f"{name} ({count:,})" for name, count in zip(column.class_names, counts, strict=True)]
    return f"{len(counts)} classes: {', '.join(classes)}"


def _describe_numbers(column: Column) -> str:
    """Name a real target with its range."""
    values = column.values[~column.missing]
    if not len(values):
        return f"{column.name}, which has no values"
    count = num_whole_values(column)
    whole = f", {count:,} whole values" if 0 < WHOLE_REPEATS * count <= len(values) else ""
    return f"{column.name} from {values.min():.4g} to {values.max():.4g}{whole}"


def _enumerate(descriptions: Sequence[str]) -> str:
    """Join the descriptions of the first targets."""
    if len(descriptions) == 1:
        return f"the target {descriptions[0]}"
    more = "; ..." if len(descriptions) > MAX_LISTED else ""
    return f"{len(descriptions)} targets: {'; '.join(descriptions[:MAX_LISTED])}{more}"


def describe_inputs(data: UserData, targets: Targets, standardizer: Standardizer) -> str:
    """Say how many samples there are, their shape and their range, and which inputs are constant."""
    channels, *size = data.x.shape[2:] if targets.is_pairs else data.x.shape[1:]
    sample = f"{channels} channel{_plural(channels)}"
    if len(size) == 2:
        sample += f" of {size[0]}×{size[1]}"
    elif len(size) == 1:
        sample += f" of length {size[0]}"
    else:
        sample = f"{channels:,} number{_plural(channels)} each{_list_inputs(data.input_names)}"
    if targets.is_pairs:
        sample = f"pairs of {sample}"
    low, high = standardizer.low.min(), standardizer.high.max()
    words = f"{len(targets.strata):,} samples: {sample}, from {low:.4g} to {high:.4g}."
    constant = np.flatnonzero(standardizer.constant)
    if not len(constant):
        return words
    names = [data.input_names[index] for index in constant] if data.input_names else []
    unit = "feature" if data.x.ndim == 2 + targets.is_pairs else "channel"
    return f"{words} {describe_constant(len(constant), unit, names)}"


def _list_inputs(names: Sequence[str]) -> str:
    """Name the inputs, or the first and the last of many."""
    if not names:
        return ""
    return f" ({', '.join(names)})" if len(names) <= MAX_LISTED else f" ({names[0]} to {names[-1]})"


def _describe_test(
    data: UserData, targets: Targets, groups: np.ndarray | None, train: np.ndarray, test: np.ndarray
) -> str:
    """Say where the test part comes from, and how many samples remain."""
    remain = f"{len(train):,} remain" + (", whose latest are for validation" if data.times is not None else "")
    if data.x_test is not None:
        name = "the test file" if data.input_names else "x_test"
        values = "" if data.texts else f", from {data.x_test[test].min():.4g} to {data.x_test[test].max():.4g}"
        return f"Test: the {len(test):,} samples of {name}{values}; {remain}."
    if data.times is not None:
        return f"Test: the latest {len(test):,} samples; {remain}."
    method = "at random"
    if targets.tasks is not None:
        method = "tasks and their classes in proportion" if targets.num_classes else "tasks in proportion"
    elif targets.num_classes:
        method = "classes in proportion"
    if groups is not None:
        method += f", {len(np.unique(groups[test]))} of {groups.max() + 1} groups whole"
    if data.split_seed:
        method += f", split {data.split_seed}"
    return f"Test: {len(test):,} samples set aside, {method}, the same in every run; {len(train):,} remain."


def _from_to(sizes: np.ndarray) -> str:
    """The smallest and the largest size, or the one that all have."""
    low, high = sizes.min(), sizes.max()
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _plural(count: int) -> str:
    """The ending of a counted noun."""
    return "" if count == 1 else "s"
