"""Compressed files of published data sets, read as streams: nothing is run, and nothing is unpacked to the disk."""

import gzip
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from sharegap.errors import UserError

EXPANSION, ALWAYS_FINE = 32, 2**20
"""A file may be this many times as large once inflated, and this many bytes more; the published ones are 5 times."""
BLOCK = 2**16
BROKEN = (
    OSError,  # also what gzip and Pillow raise
    EOFError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    NotImplementedError,  # a way to compress that zipfile does not know
    RuntimeError,  # an encrypted member
    struct.error,
    SyntaxError,  # Pillow's, of a broken PNG
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What the readers of archives and images raise on a file that is not what it says."""


class Inflated:
    """A gzip file of whose content no more is read than such a file can well hold."""

    def __init__(self, file: gzip.GzipFile, most: int) -> None:
        self.file, self.left = file, most

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; no memory is taken for what is not there."""
        blocks = []
        while size and (block := self.file.read(min(size, BLOCK))):
            blocks.append(block)
            size -= len(block)
            self.left -= len(block)
            if self.left < 0:
                raise EOFError("it inflates to more than such a file holds")
        return b"".join(blocks)


@contextmanager
def inflated(path: Path) -> Iterator[Inflated]:
    """The content of a gzip file, as a stream; UserError for what goes wrong while it is read."""
    with damaged(path), gzip.open(path) as file:
        yield Inflated(file, EXPANSION * path.stat().st_size + ALWAYS_FINE)


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Turns whatever of BROKEN is raised into UserError, which names the file."""
    try:
        yield
    except UserError:
        raise
    except BROKEN as error:
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(
            f"{path} is not what its name says, or it is damaged ({reason}): delete it and get it again, as "
            "docs/data.md says"
        ) from error


def require(fits: bool, reason: str) -> None:
    """Raises ValueError, for `damaged` to turn into a sentence, unless it `fits`."""
    if not fits:
        raise ValueError(reason)
