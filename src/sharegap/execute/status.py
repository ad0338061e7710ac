"""What each worker is doing, for whoever wants to see it: in the output folder, so from any process and host."""

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

INTERVAL = 1.0
"""Seconds between two notes of one worker while it trains."""
SILENCE = 60.0
"""Seconds after which a worker on another host that writes nothing is taken to be gone."""


@dataclass(frozen=True)
class Status:
    """What one worker is doing.

    Args:
        worker: its name.
        host: where it runs.
        pid: its process.
        fleet: the name of the fleet that it trains; empty while it waits.
        title: what that fleet is.
        begun: when it began with it, in seconds since 1970.
        steps: of the fleet's training that are left.
        done: of these, how many are done.
        written: when this was written.
    """

    worker: str
    host: str
    pid: int
    fleet: str = ""
    title: str = ""
    begun: float = 0.0
    steps: int = 0
    done: int = 0
    written: float = 0.0

    @property
    def share(self) -> float:
        """The share of the fleet's steps that is done, in [0, 1]."""
        return self.done / self.steps if self.steps else 0.0

    @property
    def is_alive(self) -> bool:
        """Whether its process is there, as far as can be told from here."""
        if self.host != socket.gethostname():
            return time.time() - self.written < SILENCE
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class StatusFile:
    """Where a worker notes what it is doing.

    Args:
        folder: of the notes of all workers.
        worker: its name, which no other has.
    """

    def __init__(self, folder: Path, worker: str) -> None:
        self.path = folder / f"{worker}.status.json"
        self.status = Status(worker, socket.gethostname(), os.getpid())

    def begin(self, fleet: str, title: str, steps: int) -> None:
        """Note that the worker begins with a fleet."""
        self._write(replace(self.status, fleet=fleet, title=title, begun=time.time(), steps=steps, done=0))

    def advance(self, steps: int) -> None:
        """Note that so many steps more are done."""
        self.status = replace(self.status, done=self.status.done + steps)
        if time.time() - self.status.written >= INTERVAL:
            self._write(self.status)

    def wait(self) -> None:
        """Note that the worker has no fleet."""
        self._write(Status(self.status.worker, self.status.host, self.status.pid))

    def remove(self) -> None:
        """Remove the notes: the worker ends."""
        self.path.unlink(missing_ok=True)

    def _write(self, status: Status) -> None:
        self.status = replace(status, written=time.time())
        # Not written as results are, who survive a power failure: this is of no use after one.
        temporary = self.path.with_suffix(".unfinished")
        temporary.write_text(json.dumps(asdict(self.status)))
        temporary.replace(self.path)


def unique_name() -> str:
    """Return a name for a worker in this process that no other has."""
    return f"{socket.gethostname()}-{os.getpid()}"


def read_statuses(folder: Path) -> list[Status]:
    """Return the notes of all workers that are alive, by their names."""
    statuses = []
    for path in sorted(folder.glob("*.status.json")):
        try:
            status = Status(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):  # its worker has just ended
            continue
        if status.is_alive:
            statuses.append(status)
    return statuses
