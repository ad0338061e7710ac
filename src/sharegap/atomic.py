"""Files that are written whole or not at all."""

import os
from pathlib import Path
from uuid import uuid4


def write_atomic(path: Path, content: bytes) -> None:
    """Replaces the file at `path`, or leaves it as it was: a reader never sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
