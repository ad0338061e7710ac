"""Signals that ask the process to end, and the points at which it does."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""Ctrl-C; what ends a job; a terminal that closes; and what a scheduler warns with."""

_received: list[int] = []
"""Those that came: code that cleans up may raise another error in place of `Terminated`."""
_waiting: list[bool] = []
"""Not empty while a signal only asks, and the process ends at the next good point."""


class Terminated(SystemExit):
    """The process was asked to end, by one of SIGNALS.

    Args:
        signal: its number.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(128 + signal)
        self.signal = signal


def end_on_signals() -> None:
    """Make each of SIGNALS end this process by raising `Terminated`.

    A second one ends it at once, whatever it still does: files are written whole or not at all. A signal that `nohup`
    or a shell lets it ignore stays ignored.
    """

    def end(number: int, _: object) -> None:
        _received.append(number)
        set_handlers(lambda number, _: os._exit(128 + number))
        if not _waiting:
            raise Terminated(number)

    def set_handlers(handler: Callable[[int, object], None]) -> None:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)

    def end_later(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, Terminated):
            sys.__unraisablehook__(unraisable)
            return
        # It struck in a `__del__`, where Python drops it.
        set_handlers(end)
        timer = Timer(0.01, os.kill, (os.getpid(), unraisable.exc_value.signal))
        timer.daemon = True
        timer.start()

    set_handlers(end)
    sys.unraisablehook = end_later


def received() -> int | None:
    """Return the first signal that asked this process to end; None if there was none."""
    return _received[0] if _received else None


@contextmanager
def wait_for_a_good_point() -> Iterator[None]:
    """Let a signal inside only ask: `end_if_asked` raises, at a point that loses nothing, and so does the end."""
    _waiting.append(True)
    try:
        yield
    finally:
        _waiting.pop()
    end_if_asked()


def end_if_asked() -> None:
    """Raise `Terminated` if a signal has asked this process to end."""
    if _received:
        raise Terminated(_received[0])
