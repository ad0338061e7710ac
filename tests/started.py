"""Commands in processes of their own, which a test watches and kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sharegap.execute.status import Status, read_statuses
from sharegap.execute.worker import work_folder
from sharegap.results import Store

Found = TypeVar("Found")
LIMIT = 240.0
"""Seconds after which a command hangs."""


@contextmanager
def started(words: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start `sharegap WORDS`; what it says is added to `log`. It is killed at the end unless it has ended."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "sharegap", *words],
            stdout=said,
            stderr=said,
            env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(find: Callable[[], Found], process: subprocess.Popen[bytes]) -> Found:
    """Return what is found as soon as it is there; the process must not have ended before."""
    deadline = time.monotonic() + LIMIT
    while not (found := find()):
        assert process.poll() is None, "the command has ended"
        assert time.monotonic() < deadline, "the command hangs"
        time.sleep(0.02)
    return found


def busy(out: Path) -> list[Status]:
    """The workers that train, each with a checkpoint of its fleet to go on from."""
    store = Store(out)
    return [status for status in read_statuses(work_folder(out)) if store.checkpoint(status.fleet).exists()]


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a command has started."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whether there is a process, a zombie is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pids: Sequence[int], seconds: float) -> None:
    """Wait until none of these processes is there."""
    deadline = time.monotonic() + seconds
    while running := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, f"{running} have not ended"
        time.sleep(0.02)


def kill(status: Status) -> None:
    """Kill a worker, as the system does where memory is short."""
    os.kill(status.pid, signal.SIGKILL)
