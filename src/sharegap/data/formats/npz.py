"""Arrays of npz files."""

import math
import warnings
import zipfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from sharegap.data.formats.guard import check, check_expansion, read_member, reading
from sharegap.errors import UserError

DTYPE_KINDS = "biufUS"
"""Kinds of numpy's types that are read: Booleans, integers, real numbers, text, and text as bytes."""


def read_npz(path: Path, names: Collection[str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read plain arrays of an npz file, without unpickling anything.

    Args:
        path: the file.
        names: the arrays to read, if the file has them.

    Returns:
        The arrays by name, and the names of the file's other arrays.

    Raises:
        UserError: if the file is damaged, expands to implausibly many bytes, or has arrays of other types.
    """
    with reading(path, "an npz file", "write it with numpy.savez"), zipfile.ZipFile(path) as archive:
        arrays, unused = {}, []
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name == member.filename:
                continue
            check(name not in arrays and name not in unused, f"two arrays are named {name}")
            if name in names:
                label = f"{name} of {path}"
                check_expansion(label, member.file_size, min(member.compress_size, path.stat().st_size))
                arrays[name] = _decode_npy(read_member(archive, member), label)
            else:
                unused.append(name)
    return arrays, unused


def list_npz(path: Path) -> list[str]:
    """Return the names of a file's arrays, without reading them.

    Raises:
        UserError: if the file is no npz file.
    """
    with reading(path, "an npz file", "write it with numpy.savez"), zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _decode_npy(content: bytes, label: str) -> np.ndarray:
    """Decode the npy format, checking what its header claims before numpy acts on it."""
    stream = BytesIO(content)
    shape, is_fortran, dtype = _read_header(stream)
    if dtype.hasobject or dtype.kind not in DTYPE_KINDS or dtype.subdtype:
        raise UserError(
            f"{label} must hold numbers or text, got the type {dtype}: save it with .astype(float) or (str)"
        )
    check(dtype.itemsize > 0, f"{label} has items of no size")  # any number of them would fit
    claimed, actual = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
    if min(shape, default=0) < 0 or claimed != actual:
        raise UserError(f"{label} must hold as much as its shape {shape} claims, got {actual:,} bytes: write it again")
    if dtype.kind == "U" and claimed:
        check(_is_unicode(content[-claimed:], dtype), f"{label} has numbers that are no characters")
    array = np.frombuffer(content, dtype, offset=stream.tell()) if claimed else np.empty(shape, dtype)
    if dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    return array.reshape(shape, order="F" if is_fortran else "C")


def _read_header(stream: BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """The shape, whether the first axis varies fastest, and the type that a stream of npy declares."""
    version = npy.read_magic(stream)
    check(version in ((1, 0), (2, 0)), f"its npy version is {version}")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    with warnings.catch_warnings(action="ignore"):  # headers that Python 2 wrote
        return read(stream)


def _is_unicode(content: bytes, dtype: np.dtype) -> bool:
    """Whether all code points are in Unicode's range, and none is half of a surrogate pair."""
    points = np.frombuffer(content, np.dtype("u4").newbyteorder(dtype.byteorder))
    return bool(((points < 0xD800) | ((points > 0xDFFF) & (points <= 0x10FFFF))).all())
