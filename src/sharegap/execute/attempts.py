"""How often a fleet was tried in vain: the workers of all processes share it in the output folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sharegap.atomic import write_atomic

LOST = "its worker was lost"


@dataclass(frozen=True)
class Attempts:
    """What was tried of one fleet since it last got further.

    Args:
        title: what the fleet is.
        count: how many attempts.
        steps_left: that it had to do at each of them.
        error: what ended the last one, in one line; None while it lasts.
    """

    title: str
    count: int
    steps_left: int
    error: str | None = None


class AttemptsFolder:
    """The attempts at the fleets of an output folder; only who holds a fleet's claim may write about it.

    Args:
        folder: of the files.
        limit: how many attempts there are; 1 where nobody else could try.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit

    def begin(self, name: str, title: str, steps_left: int) -> bool:
        """Note that a fleet is tried once more; return False, and note that it failed, where that was enough."""
        before = self.read(name)
        count = before.count if before and before.steps_left <= steps_left else 0
        if before and count >= self.limit:
            self._write(name, Attempts(title, count, steps_left, before.error or LOST))
            return False
        self._write(name, Attempts(title, count + 1, steps_left))
        return True

    def fail(self, name: str, error: str, *, is_final: bool = False) -> None:
        """Note what ended an attempt, and whether another would end the same."""
        before = self.read(name)
        assert before is not None
        self._write(name, Attempts(before.title, self.limit if is_final else before.count, before.steps_left, error))

    def forget(self, name: str) -> None:
        """Remove what is noted of a fleet: it is trained, or its worker was asked to end."""
        self._path(name).unlink(missing_ok=True)

    def failed(self) -> dict[str, Attempts]:
        """Return by name the fleets that are not tried again."""
        failed = {}
        for path in sorted(self.folder.glob("*.attempts.json")):
            name = path.name.partition(".")[0]
            attempts = self.read(name)
            if attempts and attempts.error and attempts.count >= self.limit:
                failed[name] = attempts
        return failed

    def log(self, name: str) -> Path:
        """Return where the traceback of a fleet's last error is kept."""
        return self.folder / f"{name}.log"

    def place(self, name: str) -> Path:
        """Return what says why a fleet failed: its log, or the folder of all logs where its workers were lost."""
        log = self.log(name)
        return log if log.exists() else self.folder

    def read(self, name: str) -> Attempts | None:
        """Return what is noted of a fleet."""
        try:
            return Attempts(**json.loads(self._path(name).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, name: str, attempts: Attempts) -> None:
        write_atomic(self._path(name), json.dumps(asdict(attempts)).encode())

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.attempts.json"
