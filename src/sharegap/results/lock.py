"""One process at a time writes to an output folder."""

from pathlib import Path

from filelock import FileLock, Timeout

from sharegap.errors import UserError


def acquire_lock(folder: Path) -> FileLock:
    """Return the lock of an output folder, acquired.

    Raises:
        UserError: where another process holds it, or the file system has no locks.
    """
    # The fallback is a file that stands for a lock: it would outlive a process that is killed.
    lock = FileLock(folder / ".lock", timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            f"another sharegap process is writing to {folder}: wait until it has ended, or choose another "
            "folder (make: OUT=folder, python: out=folder)"
        ) from None
    except OSError as error:
        if error.filename:  # it cannot be opened
            raise
        raise UserError(f"{folder} must be on a file system that can lock files: choose another folder") from error
    return lock
