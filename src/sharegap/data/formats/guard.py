"""Read files that may be damaged or hostile: one set of errors, one limit on how far content may expand."""

import csv
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError

import polars as pl
from PIL import Image

from sharegap.errors import UserError

READ_ERRORS = (
    OSError,  # also of gzip and Pillow
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    RuntimeError,  # zipfile: an encrypted member, or an unknown compression
    SyntaxError,  # numpy: a header; Pillow: a PNG
    TokenError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    csv.Error,
    tarfile.TarError,
    zipfile.BadZipFile,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)
"""What the libraries that decode files raise on damaged ones."""
MAX_EXPANSION = 200
"""How many times its size on disk a file may expand to; ordinary compressed data rarely exceed 50."""
ALWAYS_ALLOWED = 64 * 2**20
"""Bytes that a file of any size may expand to."""
BLOCK = 2**16
PLAIN_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What zipfile inflates in bounded memory; of the others it decompresses a whole block at a time."""


@contextmanager
def reading(
    path: Path,
    expected: str = "the published file",
    remedy: str = "delete it and download it again, see docs/data.md",
) -> Iterator[None]:
    """Report any of READ_ERRORS as a one-line UserError that names the file.

    Args:
        path: the file that is read in the body of `with`.
        expected: what it should be, for the message.
        remedy: what the user can do, for the message.

    Raises:
        UserError: if the body raises one of READ_ERRORS.
    """
    try:
        yield
    except UserError:
        raise
    except READ_ERRORS as error:
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(f"{path} cannot be read as {expected} ({reason}): {remedy}") from error


def check(fits: bool, reason: str) -> None:
    """Raise a ValueError for `reading` to report, unless the content `fits`."""
    if not fits:
        raise ValueError(reason)


def max_expanded_size(stored: int) -> int:
    """How many bytes a file of `stored` bytes may expand to."""
    return max(ALWAYS_ALLOWED, MAX_EXPANSION * stored)


def check_expansion(name: str, claimed: int, stored: int) -> None:
    """Raise a UserError if content is implausibly large for its size on disk.

    Args:
        name: the file or folder, for the message.
        claimed: size of the decoded content, in bytes.
        stored: size on disk, in bytes.
    """
    if claimed > max_expanded_size(stored):
        raise UserError(
            f"{name} must expand to at most {max_expanded_size(stored):,} bytes, as it takes {stored:,} on disk, got "
            f"{claimed:,}: store it uncompressed if that is right"
        )


class BoundedStream:
    """A stream of a compressed file that yields at most `limit` bytes."""

    def __init__(self, file: io.BufferedIOBase, limit: int) -> None:
        self.file, self.remaining = file, limit

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; memory is taken only for bytes that exist."""
        parts = []
        while size and (block := self.file.read(min(size, BLOCK))):
            parts.append(block)
            size -= len(block)
            self.remaining -= len(block)
            check(self.remaining >= 0, "it expands to implausibly many bytes")
        return b"".join(parts)


@contextmanager
def open_gzip(path: Path) -> Iterator[BoundedStream]:
    """Open a published gzip file as a bounded stream; errors while it is read are those of `reading`."""
    with reading(path), gzip.open(path) as file:
        yield BoundedStream(file, max_expanded_size(path.stat().st_size))


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read one file of a zip archive whose claimed size has been checked."""
    is_plain = member.compress_type in PLAIN_COMPRESSION and not member.flag_bits & 1
    check(is_plain, f"{member.filename} is encrypted or in a rare compression")
    with archive.open(member) as stream:
        # Not `read()`, which would decompress everything, however little was claimed.
        content = stream.read(member.file_size)
    check(len(content) == member.file_size, f"{member.filename} ends early")
    return content
