"""Which code and which machine made a result, and when."""

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import sharegap

CODE_KEY, HARDWARE_KEY, FINISHED_KEY = "versions", "hardware", "finished"
"""Keys of a part's Parquet metadata: what code made it, and on what hardware, both as JSON, and when, as ISO 8601."""
PACKAGES = ("sharegap", "torch", "pytorch-lightning")
CPU_INFO = Path("/proc/cpuinfo")


@cache
def versions() -> dict[str, str]:
    """Return the versions of what decides figures, and the last commit of sharegap's code in a checkout."""
    commit = _commit(Path(sharegap.__file__).parent)
    packages = {name: version(name) for name in PACKAGES}
    return packages | {"python": platform.python_version()} | ({"commit": commit} if commit else {})


def describe_origin(gpus: Sequence[str] = ()) -> dict[str, str]:
    """Return the metadata of a part that is finished now: it says nothing of the host, the user or their folders.

    Args:
        gpus: the names of those that were trained on.
    """
    from joblib import cpu_count  # here, as only who stores results needs it: it loads for long

    hardware = {"cpu": _cpu_model(), "cores": cpu_count(), "gpus": list(gpus)}
    return {
        CODE_KEY: json.dumps(versions()),
        HARDWARE_KEY: json.dumps(hardware),
        FINISHED_KEY: datetime.now(UTC).isoformat(timespec="seconds"),
    }


def keep_origin(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what the metadata of a part say of its origin."""
    return {key: metadata[key] for key in (CODE_KEY, HARDWARE_KEY, FINISHED_KEY) if key in metadata}


def other_versions(made_by: Mapping[str, str]) -> str:
    """Return which versions of a result's makers are not those of this process, e.g. "sharegap 0.1.0, torch 2.12.0"."""
    others = []
    for name in ("sharegap", "torch"):
        if name in made_by and made_by[name] != versions()[name]:
            others.append(f"{name} {made_by[name]}")
    return ", ".join(others)


@cache
def _cpu_model() -> str:
    """The name of the processor, as far as the system tells it."""
    lines = CPU_INFO.read_text(errors="replace").splitlines() if CPU_INFO.exists() else []
    for line in lines:  # `platform.processor` is empty on Linux
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


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
