"""A function that runs step by step, whatever calls it makes in between."""

from collections.abc import Callable
from threading import Semaphore, Thread


class _ClosedError(BaseException):
    """Ends the function where it waits."""


class Stepwise:
    """Run a function in a thread that waits wherever the function asks for it: it is then at the end of a step.

    Of the two threads one runs at a time.

    Args:
        function: called with `wait`, a function without arguments.

    Example:
        >>> def count(wait):
        ...     for number in range(2):
        ...         print(number)
        ...         wait()
        >>> steps = Stepwise(count)
        >>> steps.advance()
        0
        True
        >>> steps.advance(), steps.advance()
        1
        (True, False)
    """

    def __init__(self, function: Callable[[Callable[[], None]], object]) -> None:
        self.function = function
        self._go_on, self._waits = Semaphore(0), Semaphore(0)
        self._is_closed = self._has_ended = False
        self._error: BaseException | None = None
        # A daemon: what waits must not keep a process alive that is asked to end.
        self._thread = Thread(target=self._run, daemon=True)

    def advance(self) -> bool:
        """Go on to the end of the next step, and return whether the function waits there; else it has returned.

        Raises:
            BaseException: what the function raises.
        """
        if self._has_ended:
            return False
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go_on.release()
        self._waits.acquire()
        if self._error is not None:
            raise self._error
        return not self._has_ended

    def close(self) -> None:
        """End the function where it waits."""
        self._is_closed = True
        if self._thread.is_alive():
            self._go_on.release()
            self._thread.join()

    def _run(self) -> None:
        try:
            self.function(self._wait)
        except _ClosedError:
            pass
        except BaseException as error:
            self._error = error
        finally:
            self._has_ended = True
            self._waits.release()

    def _wait(self) -> None:
        self._waits.release()
        self._go_on.acquire()
        if self._is_closed:
            raise _ClosedError
