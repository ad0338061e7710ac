"""Which code made a result."""

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

import sharegap


@cache
def versions() -> dict[str, str]:
    """Return the versions of sharegap and torch, and the last commit of sharegap's code where it lies in a checkout."""
    commit = _commit(Path(sharegap.__file__).parent)
    return {"sharegap": version("sharegap"), "torch": version("torch")} | ({"commit": commit} if commit else {})


def _commit(folder: Path) -> str:
    """The last commit that changed the folder, with a + if it was edited since; empty outside a checkout."""
    commit = _git(folder, "log", "-1", "--format=%h", "--", ".")
    return commit + "+" * bool(commit and _git(folder, "status", "--porcelain", "--", "."))


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()
