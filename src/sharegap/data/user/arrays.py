"""A user's arrays."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.npz import list_npz, read_npz
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.channels import put_channels_first
from sharegap.data.user.column import read_labels, read_text
from sharegap.data.user.target_column import Column
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError

NAMES = ("x", "y", "x_test", "y_test", "groups", "task", "task_test")
USUAL_NAMES = {
    "x": ("x_train", "X_train", "train_x", "X", "data", "features", "train_images", "images"),
    "y": ("y_train", "Y_train", "train_y", "Y", "target", "targets", "train_labels", "labels", "label"),
    "x_test": ("X_test", "test_x", "test_images"),
    "y_test": ("Y_test", "test_y", "test_labels"),
}
"""What other programs call these arrays."""


def arrays(path: str | None, kind: str | None = None, channels: str | None = None, split_seed: int = 0) -> Dataset:
    """Load the arrays of an npz file.

    `x` and `y` are required, under these names or those that other programs use, such as `x_train`. `x_test` and
    `y_test` are the test part, `groups` the groups of the samples of `x`, and `task` and `task_test` the task of each
    sample, if each belongs to one of many. `x` is (samples, features), (samples, channels, length) or (samples,
    channels, height, width), and pairs are (samples, 2, ...). `y` is (samples,) or (samples, targets).

    Args:
        path: the file, or its `fingerprint`.
        kind: what the targets are; None to decide by their type, see `infer_kind`.
        channels: "first" or "last" where samples have several axes; None to ask where their shape looks like "last".
        split_seed: of the test part that is set aside, an integer >= 0.

    Raises:
        UserError: if the file is no such file, or its arrays do not fit together.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be an npz file, got the folder {file}: dataset=images takes folders")
    renamed = _usual_names(list_npz(file))
    content, unused = read_npz(file, [*NAMES, *renamed])
    for usual, name in renamed.items():
        content[name] = content.pop(usual)
    notes = [f"{', '.join(f'{usual} is read as {name}' for usual, name in renamed.items())}."] if renamed else []
    for name in _required(content, kind):
        if name not in content:
            raise _missing_array(file.name, name, [*content, *unused])
    columns = _columns(content)  # what does not fit together is told before how it is read
    for name in ("x", "x_test"):
        if name in content:
            content[name] = put_channels_first(content[name], file.name, kind == "pairs", channels)
    if unused:
        notes.append(f"Not used: {', '.join(unused)}.")
    data = UserData(
        file.name,
        content["x"],
        columns,
        x_test=content.get("x_test"),
        groups=_labels(content.get("groups"), "groups"),
        tasks=_labels(_tasks(content), "tasks"),
        notes=(*notes, *_row_numbers(content["x"])),
        split_seed=split_seed,
    )
    return make_dataset(data, kind)


def _usual_names(existing: Sequence[str]) -> dict[str, str]:
    """Those of other programs' names that stand for ours in a file, with ours."""
    renamed = {}
    for name, usual_names in USUAL_NAMES.items():
        found = [usual for usual in usual_names if usual in existing]
        if name not in existing and len(found) == 1:
            renamed[found[0]] = name
    return renamed


def _missing_array(source: str, name: str, names: Sequence[str]) -> UserError:
    """The error for a file without a required array."""
    hint = f'save it with names, numpy.savez("{source}", x=..., y=...)'
    if name == "y":
        hint = "dataset.kind=reconstruction needs no y"
    return UserError(f"{source} must have an array {name}, got {', '.join(names) or 'none'}: {hint}")


def _labels(labels: np.ndarray | None, role: str) -> np.ndarray | None:
    """Groups or tasks, as integers or text; others are left for `check_shapes` to refuse."""
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "fU":
        return labels
    if labels.dtype.kind == "f" and not (labels == np.round(labels)).all():
        return labels
    return read_labels(pl.Series(role, labels), role, None)


def _row_numbers(x: np.ndarray) -> list[str]:
    """Say which features number the samples, as the index of a table does."""
    if x.ndim != 2 or x.dtype.kind not in "iuf":
        return []
    low, high = x.min(0, initial=2), x.max(0, initial=0)
    may_count = np.isin(low, (0, 1)) & (high - low == len(x) - 1)
    found = []
    for index in np.flatnonzero(may_count):
        if (np.sort(x[:, index]) == np.arange(len(x)) + low[index]).all():
            found.append(str(index))
    return [f"Feature {', '.join(found)} (from 0) numbers the samples: remove it if it is an index."] if found else []


def _required(content: Mapping[str, np.ndarray], kind: str | None) -> list[str]:
    """The arrays that must be in the file, given those that are."""
    names = ["x"]
    if kind != "reconstruction":
        names.append("y")
        if "x_test" in content:
            names.append("y_test")
    if "y_test" in content:
        names.append("x_test")
    if "task" in content or "task_test" in content:
        names.append("task")
        if "x_test" in content or "task_test" in content:
            names += ["task_test", "x_test"]
    return names


def _tasks(content: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The task of each sample, the training part's before the test part's."""
    parts = []
    for name in ("task", "task_test"):
        if name in content:
            parts.append(content[name])
    for part in parts:
        if part.ndim != 1 or part.dtype.kind != parts[0].dtype.kind:
            raise UserError(f"task and task_test must be (samples,) of one type, got {_describe_types(parts)}")
    return np.concatenate(parts) if parts else None


def _columns(content: Mapping[str, np.ndarray]) -> list[Column]:
    """One column for each target, the training part's samples before the test part's."""
    if "y" not in content or ("x_test" in content and "y_test" not in content):
        return []
    parts = []
    for x_name, y_name in (("x", "y"), ("x_test", "y_test")):
        if y_name in content:
            x, y = content[x_name], content[y_name]
            if y.ndim not in (1, 2) or x.ndim < 1 or len(y) != len(x):
                raise UserError(
                    f"{y_name} must be (samples,) or (samples, targets) with a row for each sample of {x_name}, got "
                    f"{y.shape} and {x.shape}"
                )
            parts.append(y)
    if parts[0].dtype.kind != parts[-1].dtype.kind or parts[0].shape[1:] != parts[-1].shape[1:]:
        raise UserError(f"y and y_test must have the same type and number of targets, got {_describe_types(parts)}")
    y = np.concatenate(parts)
    if y.ndim == 1:
        return [_column("y", y)]
    return [_column(f"y{index}", values) for index, values in enumerate(y.T)]


def _column(name: str, values: np.ndarray) -> Column:
    """One target. Text may say that it is missing; NaN is recognized when the column is encoded."""
    if values.dtype.kind == "U":
        return read_text(pl.Series(name, values))
    return Column(name, values, np.zeros(len(values), dtype=bool))


def _describe_types(parts: Sequence[np.ndarray]) -> str:
    """The types and shapes of two arrays, for messages."""
    return " and ".join(f"{part.dtype} of the shape {part.shape}" for part in parts)
