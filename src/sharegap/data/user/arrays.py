"""Users' arrays."""

import numpy as np

from sharegap.data.dataset import Dataset
from sharegap.data.fingerprint import resolve
from sharegap.data.formats.npz import read_npz
from sharegap.data.user.assemble import Own, assemble
from sharegap.data.user.targets import Column
from sharegap.errors import UserError

NAMES = ("x", "y", "x_test", "y_test", "groups", "task", "task_test")


def arrays(path: str | None, kind: str | None = None) -> Dataset:
    """The arrays of an npz file: `x` and `y`, and optionally `x_test` and `y_test`, and `groups` of the samples of x.

    `task`, and `task_test` with a test part, name the task of each sample, where each belongs to one of many.
    `x` is (samples, features), (samples, channels, length) or (samples, channels, height, width), and pairs have
    (samples, 2, ...). `y` is (samples,) or (samples, targets). See `targets.kind_of` for `kind`, `assemble` for
    the rest. Raises UserError for what is no such file.
    """
    file = resolve(path)
    if file.is_dir():
        raise UserError(f"{file} is a folder: dataset=arrays takes an npz file, and dataset=images a folder of images")
    found, others = read_npz(file, NAMES)
    needed = ["x", *([] if kind == "reconstruction" else ["y"])]
    both = ["y_test" if "y" in needed and "x_test" in found else "", "x_test" if "y_test" in found else ""]
    if "task" in found or "task_test" in found:
        both += ["task", "task_test" if "x_test" in found else "", "x_test" if "task_test" in found else ""]
    for name in (*needed, *filter(None, both)):
        if name not in found:
            hint = "; dataset.kind=reconstruction needs no y" if name == "y" else ""
            raise UserError(f"{file.name} has no array {name}; it has {', '.join([*found, *others]) or 'none'}{hint}")
    notes = (f"Not used: {', '.join(others)}.",) if others else ()
    own = Own(file.name, found["x"], _columns(found), found.get("x_test"), found.get("groups"), notes, _tasks(found))
    return assemble(own, kind)


def _tasks(found: dict[str, np.ndarray]) -> np.ndarray | None:
    """The task of each sample, the training part's before the test part's."""
    parts = [found[name] for name in ("task", "task_test") if name in found]
    if len({(part.dtype.kind, part.shape[1:]) for part in parts}) > 1 or any(not part.ndim for part in parts):
        raise UserError("task and task_test must be of one type, each (samples,)")
    return np.concatenate(parts) if parts else None


def _columns(found: dict[str, np.ndarray]) -> list[Column]:
    """One column for each target, the training part's samples before the test part's."""
    if "y" not in found or ("x_test" in found and "y_test" not in found):
        return []
    parts = {end: found[f"y{end}"] for end in ("", "_test") if f"y{end}" in found}
    for end, y in parts.items():
        x = found[f"x{end}"]
        if y.ndim not in (1, 2) or x.ndim < 1 or len(y) != len(x):
            raise UserError(
                f"y{end} has the shape {y.shape} and x{end} {x.shape}: y must be (samples,) or (samples, targets), one "
                "row for each sample of x"
            )
    if len({(y.dtype.kind, y.shape[1:]) for y in parts.values()}) > 1:
        described = " and ".join(f"y{end} is {y.dtype} of the shape {y.shape}" for end, y in parts.items())
        raise UserError(f"{described}: give both the same type and as many targets")
    y = np.concatenate(list(parts.values()))
    if y.ndim == 1:
        return [Column("y", y, np.zeros(len(y), dtype=bool))]
    return [Column(f"y{each}", column, np.zeros(len(y), dtype=bool)) for each, column in enumerate(y.T)]
