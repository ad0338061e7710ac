"""A worker in a process of its own on this machine."""

import multiprocessing
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from sharegap.errors import UserError
from sharegap.execute.executors.executor import STOP_SECONDS, print_to
from sharegap.execute.worker import Job, serve
from sharegap.signals import SIGNALS, end_on_signals, received, wait_for_a_good_point


class WorkerProcess:
    """One worker's process, and the next one where it is lost.

    Args:
        job: for the worker.
        number: of the worker.
        variables: of its environment.
    """

    channel: Connection
    """To the process that was started last."""

    def __init__(self, job: Job, number: int, variables: Mapping[str, str]) -> None:
        self.job, self.number, self.variables = job, number, variables
        self.name = f"worker-{number}"
        self.log = job.folder / f"{self.name}.log"
        self.process: BaseProcess | None = None
        self.error: Exception | None = None
        """What the worker has raised that any other would raise too."""

    def start(self) -> None:
        """Start a process, in place of one that was lost."""
        if self.process:
            self.channel.close()
        context = multiprocessing.get_context("spawn")
        self.channel, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self.job, self.name, theirs, self.log))
        with _set(self.variables), _held_signals():
            process.start()
        theirs.close()
        self.process = process

    def is_alive(self) -> bool:
        """Return whether the process was started and has not ended."""
        return self.process is not None and self.process.exitcode is None

    def heard(self) -> Iterator[str]:
        """Return what the worker says, each line once."""
        with suppress(EOFError, OSError):
            while self.channel.poll():
                message = self.channel.recv()
                if isinstance(message, Exception):
                    self.error = message
                else:
                    yield message

    def loss(self) -> str | None:
        """Return why the worker has ended before its time; None where it has not."""
        code = self.process.exitcode if self.process else None
        if not code:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def ask_to_end(self) -> None:
        """Have the worker end after its next step."""
        if self.process:
            self.channel.close()

    def end(self) -> None:
        """Wait until the worker has ended, and kill it after a while."""
        if self.process:
            self.process.join(STOP_SECONDS)
            self.process.kill()
            self.process.join()


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while: a process inherits them as it starts."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _held_signals() -> Iterator[None]:
    """Hold back what asks to end: a process that starts inherits that, and could not heed it before torch is loaded."""
    resource_tracker.ensure_running()  # which else starts with the first process, and lets the signals through
    with wait_for_a_good_point():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(job: Job, name: str, channel: Connection, log: Path) -> None:
    """Be a worker in this new process; what it prints goes to its log."""
    print_to(log)
    end_on_signals()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    threading.Thread(target=_end_with_driver, args=[channel], daemon=True).start()
    warnings.showwarning = lambda message, *_: channel.send(str(message))
    try:
        serve(job, name)
    except Exception as error:
        traceback.print_exc()
        if isinstance(error, UserError | OSError):  # another worker would meet it too
            channel.send(error)
        raise SystemExit(1) from None


def _end_with_driver(channel: Connection) -> None:
    """Ask this process to end once the other end of its channel is closed: nobody there ever sends anything."""
    with suppress(OSError, EOFError):
        channel.recv()
    if not received():
        os.kill(os.getpid(), signal.SIGTERM)
