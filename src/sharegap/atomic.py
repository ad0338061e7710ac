"""Atomic file writes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

UNFINISHED = ".unfinished"
"""How the names of files end that are still being written."""


def write_atomic(path: Path, content: bytes) -> None:
    """Replace the file at `path` in one step; a reader sees the old content or the new, never a part.

    Missing parent folders are created. If writing fails, the old file stays.

    Args:
        path: the file.
        content: its new content, all of it.

    Raises:
        OSError: where it cannot be written; it names `path`, which the system does not where a disk is full.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_atomic(Path(folder, "row.json"), b"{}")
        ...     Path(folder, "row.json").read_bytes()
        b'{}'
    """
    with open_atomic(path) as file:
        file.write(content)


@contextmanager
def open_atomic(path: Path) -> Iterator[BinaryIO]:
    """Open what replaces the file at `path` when the block ends; as `write_atomic`, for content too large to copy.

    Raises:
        OSError: as `write_atomic`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder: a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{uuid4().hex}{UNFINISHED}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            # Before the rename: else a power failure can leave the new name with an empty file.
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed while it wrote has left in `folder`; no other may be writing there."""
    for path in folder.glob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)
