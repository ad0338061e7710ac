"""Which code made a result."""

import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import sharegap


@cache
def versions() -> dict[str, str]:
    """Return the versions of sharegap and torch, and the last commit of sharegap's code where it lies in a checkout."""
    commit = _commit(Path(sharegap.__file__).parent)
    return {"sharegap": version("sharegap"), "torch": version("torch")} | ({"commit": commit} if commit else {})


def other_versions(made_by: Mapping[str, str]) -> str:
    """Return which versions of a result's makers are not those of this process, e.g. "sharegap 0.1.0, torch 2.12.0"."""
    others = []
    for name in ("sharegap", "torch"):
        if name in made_by and made_by[name] != versions()[name]:
            others.append(f"{name} {made_by[name]}")
    return ", ".join(others)


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
