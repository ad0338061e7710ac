"""Keep a data set in a folder that several processes map into memory, so that they share one copy of it."""

import json
import zlib
from dataclasses import fields
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sharegap.atomic import open_atomic, write_atomic
from sharegap.data.dataset import Dataset

TENSORS = ("x", "y", "x_test", "y_test")
ARRAYS = (*TENSORS, "strata", "groups", "validation", "order", "duplicates")
CONTENTS = "contents.json"
"""Describes the arrays' files and holds what is no array. Written last: without it a folder holds no data set."""

DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, SyntaxError, TokenError)
"""What reading a missing, unfinished or damaged data set raises."""


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a data set into a folder, whole or not at all for who reads it with `map_dataset`.

    Arrays that lie in the same memory have one file. No array is copied, unless its numbers do not lie side by side.

    Args:
        dataset: of the class `Dataset` itself.
        folder: for this data set alone; it is created, and no other process writes there.

    Raises:
        OSError: where it cannot be written.
        TypeError: for a subclass, which may hold more, and for a field of another type than `Dataset` says.
        ValueError: for arrays of Python objects.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> x, y = torch.zeros(4, 1, 8), torch.tensor([0, 1, 0, 1])
        >>> with TemporaryDirectory() as folder:
        ...     save_dataset(Dataset(x, y, x_test=x, y_test=y, classes=2), Path(folder))
        ...     map_dataset(Path(folder)).y
        tensor([0, 1, 0, 1])
    """
    if type(dataset) is not Dataset:
        raise TypeError(f"{type(dataset).__name__} is not Dataset")
    (folder / CONTENTS).unlink(missing_ok=True)  # so that no one reads new arrays by an old description
    files: dict[object, dict[str, Any]] = {}
    arrays: dict[str, dict[str, Any]] = {}
    for name in ARRAYS:
        value = getattr(dataset, name)
        if value is None:
            continue
        array = value.numpy() if isinstance(value, Tensor) else value
        # In the order in which the axes lie in memory, as sums in another order may round to other numbers.
        axes = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
        content = array.transpose(axes)
        is_dense = content.flags.c_contiguous
        memory = (array.ctypes.data, array.nbytes, array.dtype.str) if is_dense else name
        if memory not in files:
            files[memory] = _save_array(content, folder / f"{name}.npy")
        arrays[name] = files[memory] | {"shape": content.shape, "axes": axes}
    others = {field.name: getattr(dataset, field.name) for field in fields(dataset) if field.name not in ARRAYS}
    write_atomic(folder / CONTENTS, json.dumps({"arrays": arrays, "others": others}).encode())


def map_dataset(folder: Path) -> Dataset | None:
    """Map the data set in a folder into memory; None where there is none, or it is unfinished or damaged.

    All processes that map it share the memory. What one of them changes in place, it alone sees: the files stay.
    """
    try:
        contents = json.loads((folder / CONTENTS).read_bytes())
        mapped: dict[str, np.ndarray] = {}
        arrays: dict[str, Any] = {}
        for name, entry in contents["arrays"].items():
            file = entry["file"]
            if file not in mapped:
                mapped[file] = _map_array(folder / file, entry)
            arrays[name] = mapped[file].reshape(entry["shape"]).transpose(np.argsort(entry["axes"]))
        arrays |= {name: torch.from_numpy(arrays[name]) for name in TENSORS}
        others = contents["others"]
        others["tasks"] = tuple(others["tasks"])  # which JSON has as a list
        others["categories"] = tuple(map(tuple, others["categories"]))
        return Dataset(**arrays, **others)
    except DAMAGE:
        return None


def _save_array(array: np.ndarray, path: Path) -> dict[str, Any]:
    """Write one array, and return what its file is to be."""
    with open_atomic(path) as file:
        np.save(file, array, allow_pickle=False)
    checksum = _checksum(np.load(path, mmap_mode="r", allow_pickle=False))
    return {"file": path.name, "dtype": array.dtype.str, "checksum": checksum}


def _map_array(path: Path, entry: dict[str, Any]) -> np.ndarray:
    """Map one array; ValueError if it is not what was written."""
    # As a plain array: what is computed from a memmap may be one, too.
    array = np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))
    if array.dtype.str != entry["dtype"] or _checksum(array) != entry["checksum"]:
        raise ValueError(f"{path} has changed")
    return array


def _checksum(array: np.ndarray) -> int:
    """A number that another content will not have."""
    return zlib.crc32(array.reshape(-1).view(np.uint8).data)
