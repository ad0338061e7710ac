"""A user's arrays."""

from collections.abc import Mapping, Sequence

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.npz import read_npz
from sharegap.data.user.assemble import make_dataset
from sharegap.data.user.channels import put_channels_first
from sharegap.data.user.targets import Column
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError

NAMES = ("x", "y", "x_test", "y_test", "groups", "task", "task_test")


def arrays(path: str | None, kind: str | None = None, channels: str | None = None) -> Dataset:
    """Load the arrays of an npz file.

    `x` and `y` are required, `x_test` and `y_test` are the test part, `groups` the groups of the samples of `x`, and
    `task` and `task_test` the task of each sample, if each belongs to one of many. `x` is (samples, features),
    (samples, channels, length) or (samples, channels, height, width), and pairs are (samples, 2, ...). `y` is
    (samples,) or (samples, targets).

    Args:
        path: the file, or its `fingerprint`.
        kind: what the targets are; None to decide by their type, see `infer_kind`.
        channels: "first" or "last" where samples have several axes; None to ask where their shape looks like "last".

    Raises:
        UserError: if the file is no such file, or its arrays do not fit together.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"dataset.path must be an npz file, got the folder {file}: dataset=images takes folders")
    content, unused = read_npz(file, NAMES)
    for name in _required(content, kind):
        if name not in content:
            hint = ": dataset.kind=reconstruction needs no y" if name == "y" else ""
            names = ", ".join([*content, *unused]) or "none"
            raise UserError(f"{file.name} must have an array {name}, got {names}{hint}")
    for name in ("x", "x_test"):
        if name in content:
            content[name] = put_channels_first(content[name], file.name, kind == "pairs", channels)
    notes = (f"Not used: {', '.join(unused)}.",) if unused else ()
    data = UserData(
        file.name,
        content["x"],
        _columns(content),
        x_test=content.get("x_test"),
        groups=content.get("groups"),
        tasks=_tasks(content),
        notes=notes,
    )
    return make_dataset(data, kind)


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
    # Arrays have no empty fields; NaN is recognized when the column is encoded.
    missing = np.zeros(len(y), dtype=bool)
    if y.ndim == 1:
        return [Column("y", y, missing)]
    return [Column(f"y{index}", values, missing) for index, values in enumerate(y.T)]


def _describe_types(parts: Sequence[np.ndarray]) -> str:
    """The types and shapes of two arrays, for messages."""
    return " and ".join(f"{part.dtype} of the shape {part.shape}" for part in parts)
