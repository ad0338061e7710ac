"""A user's mistake as one line."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sharegap.errors import OUT_OF_MEMORY, UserError, is_out_of_memory, printable
from sharegap.signals import Terminated, received

INTERRUPTED = "interrupted: finished runs are stored, and the same command resumes"
BENCH_MODULES = {"hydra", "omegaconf", "pydantic", "polars", "rich", "wandb", "scipy", "sklearn", "PIL", "pooch"}
BENCH_MODULES |= {"filelock", "joblib", "altair", "vl_convert", "jinja2", "safetensors"}
"""What `sharegap[bench]` installs."""


@contextmanager
def one_line_errors(config_name: str | None = None, overrides: Sequence[str] = ()) -> Iterator[None]:
    """End the process with one line and exit code 2 at a user's mistake, and with 130 at Ctrl-C.

    Args:
        config_name: of the program's config, where there is one.
        overrides: the program's options as they were typed.
    """
    try:
        yield
        sys.stdout.flush()  # here, where it can be said that this fails
    except KeyboardInterrupt:
        _exit(INTERRUPTED, 130)
    except Terminated as stop:
        _exit(INTERRUPTED, 128 + stop.signal)
    except BrokenPipeError:
        _end_unread()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # Rich turns it into an exit of its own
            _end_unread()
        # Lightning turns an interrupt into an exit of its own.
        if isinstance(stop.__context__, KeyboardInterrupt) and not stop.__suppress_context__:
            _exit(INTERRUPTED, 130)
        raise
    except Exception as error:
        if number := received():
            _exit(INTERRUPTED, 128 + number)
        sentence = explain(error, config_name, overrides)
        if sentence is None:
            raise
        _exit(sentence, 2)


def _exit(sentence: str, code: int) -> None:
    with suppress(OSError):  # its reader may have ended
        print(f"sharegap: {printable(sentence)}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    raise SystemExit(code) from None


def _end_unread() -> None:
    """End as a program does whose reader has ended, such as `head`."""
    _drop_output()
    raise SystemExit(128 + signal.SIGPIPE) from None


def _drop_output() -> None:
    """Drop what cannot be written: Python would try once more as it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: BaseException, config_name: str | None, overrides: Sequence[str]) -> str | None:
    """Return one line for an error that a user can mend; None for a fault of code, which needs its traceback.

    Args:
        error: what was raised; the errors that caused it are searched too.
        config_name: of the program, for the options that it has.
        overrides: the options as they were typed.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, UserError):
            return str(cause)
        if is_out_of_memory(cause):
            return OUT_OF_MEMORY
        if isinstance(cause, ModuleNotFoundError) and str(cause.name).partition(".")[0] in BENCH_MODULES:
            return f"this needs {cause.name}, which is not installed: pip install 'sharegap[bench]'"
    from hydra.errors import HydraException

    from sharegap.commands.explain_options import explain_hydra_error

    for cause in causes:
        if isinstance(cause, OSError) and not isinstance(cause, HydraException):
            return _explain_os_error(cause, overrides)
    return explain_hydra_error(causes, config_name, overrides)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _explain_os_error(error: OSError, overrides: Sequence[str]) -> str:
    reason = error.strerror or str(error)
    frames = traceback.extract_tb(error.__traceback__)
    path = error.filename2 or error.filename or "the output"  # the system names no file that it cannot write
    if frames and frames[-1].name == "_save_config":  # Hydra's copy of the options
        typed = [override for override in overrides if override.startswith("out=")]
        path = typed[-1].removeprefix("out=") if typed else "outputs"
    if error.errno == errno.ENAMETOOLONG:
        return f"{reason}, {len(str(path)):,} signs: {str(path)[:60]}...; choose a shorter one"
    if frames and frames[-1].name in ("mkdir", "makedirs"):
        return f"{reason}: the folder {path} cannot be made; choose another one"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{reason}: {path}; make room there or choose another folder"
    if error.errno in (errno.EROFS, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV):
        return f"{reason}: {path}; choose another folder"
    from sharegap.plan.targets import CALL

    calls = [note for note in getattr(error, "__notes__", []) if note.startswith(CALL)]
    return " ".join([f"{reason}: {path}", *calls[:1]])
