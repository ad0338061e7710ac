"""The files of a folder."""

import os
from pathlib import Path

SYSTEM_FOLDERS = ("__MACOSX",)
"""What archives bring along unasked."""


def is_visible(name: str) -> bool:
    """Whether a file or folder counts: hidden ones, and those that systems add, do not."""
    return not name.startswith(".") and name not in SYSTEM_FOLDERS


def visible_files(folder: Path) -> list[Path]:
    """List the files of a folder and of all folders in it, in a fixed order."""
    files: list[Path] = []
    visited = set()
    for parent, subfolders, names in os.walk(folder, onerror=_fail, followlinks=True):
        # A link may lead back to a folder above it.
        if os.path.realpath(parent) in visited:
            subfolders.clear()
            continue
        visited.add(os.path.realpath(parent))
        subfolders[:] = sorted(filter(is_visible, subfolders))
        for path in (Path(parent, name) for name in names if is_visible(name)):
            # Pipes and devices are no data; a link to nothing is listed, for a reader to complain of.
            if path.is_file() or not path.exists():
                files.append(path)
    return sorted(files)


def _fail(error: OSError) -> None:
    """Let no folder be left out because it cannot be read."""
    raise error
