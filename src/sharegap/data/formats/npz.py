"""Arrays of an npz file, read without trusting a word of it."""

import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from lzma import LZMAError
from pathlib import Path
from tokenize import TokenError
from typing import IO

import numpy as np
from numpy.lib import format as npy

from sharegap.data.formats.size import check_expansion
from sharegap.errors import UserError

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    NotImplementedError,  # a way to compress that zipfile does not know
    RuntimeError,  # encrypted, and a header too deep to parse
    struct.error,
    SyntaxError,
    TokenError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    MemoryError,
)
"""What zipfile and numpy raise on a file that is not what it says."""
KINDS = "biufU"
"""Of numpy's: truth values, whole and real numbers, text."""


def read_npz(path: Path, wanted: Iterable[str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Those of the arrays `wanted` that the file holds, and the names of the others.

    Raises UserError where the file is no npz, is broken, or holds something else than plain arrays; nothing is
    unpickled, and no memory is taken for what a header claims and the file does not hold.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            names = [member.filename.removesuffix(".npy") for member in members]
            if len(set(names)) < len(names):
                raise UserError(f"{path} holds two arrays of one name: write it again with numpy.savez")
            read = {
                name: _read(archive, member, f"{name} of {path}", path.stat().st_size)
                for name, member in zip(names, members, strict=True)
                if name in set(wanted)
            }
    except UserError:
        raise
    except BROKEN as error:
        raise UserError(
            f"{path} is no npz file, or a broken one ({_first_line(error)}): write it with numpy.savez"
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    return read, [name for name in names if name not in read]


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, what: str, on_disk: int) -> np.ndarray:
    check_expansion(what, member.file_size, min(member.compress_size, on_disk))
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(stream)
        if dtype.hasobject or dtype.kind not in KINDS or dtype.subdtype:
            raise UserError(
                f"{what} is of the type {dtype}: save numbers, or classes as text, in an array of a plain type"
            )
        size = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or size != member.file_size - stream.tell():
            raise UserError(f"{what} says that it is of the shape {shape} and does not hold as much: write it again")
        data = bytearray(size)
        if _fill(stream, memoryview(data)) < size or stream.read(1):
            raise EOFError("it ends early")
    if dtype.kind == "U" and size and not _is_text(np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder))):
        raise UserError(f"{what} holds numbers that stand for no characters: write it again with numpy.savez")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """The shape, whether the first axis varies fastest, and the type that a stream of npy declares."""
    version = npy.read_magic(stream)
    with warnings.catch_warnings(action="ignore"):  # numpy's on headers of Python 2
        if version == (1, 0):
            return npy.read_array_header_1_0(stream)
        if version == (2, 0):
            return npy.read_array_header_2_0(stream)
    raise ValueError(f"npy version {version}")


def _fill(stream: IO[bytes], into: memoryview) -> int:
    filled = 0
    while filled < len(into) and (block := stream.read(min(len(into) - filled, 2**20))):
        into[filled : filled + len(block)] = block
        filled += len(block)
    return filled


def _is_text(points: np.ndarray) -> bool:
    """Whether all are Unicode's characters: in its range, and no halves of one."""
    return bool(((points < 0xD800) | ((points > 0xDFFF) & (points <= 0x10FFFF))).all())


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
