"""The actors of one command in a Ray cluster, and what each of them does."""

import os
import re
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sharegap.errors import UserError
from sharegap.execute.executors.executor import STOP_SECONDS, print_to
from sharegap.execute.job_file import JobFile
from sharegap.execute.status import unique_name
from sharegap.execute.worker import serve
from sharegap.signals import Terminated, end_on_signals, received

if TYPE_CHECKING:
    from types import ModuleType

WATCH_SECONDS = 0.5


class Actors:
    """The actors of one command, by their numbers.

    Args:
        ray: the module.
        out: the absolute path of the output folder, which has a job.
        needs: what each takes of a node, by Ray's names.
    """

    def __init__(self, ray: "ModuleType", out: Path, needs: Mapping[str, float]) -> None:
        self.ray, self.out, self.needs = ray, out, needs
        # Ray itself restarts none: it would do so a number of times in all, however long nothing was lost.
        self.make = ray.remote(scheduling_strategy="SPREAD", max_restarts=0, **needs)(_Actor)
        self.handles: dict[int, Any] = {}
        """Ray ends an actor that nobody holds."""
        self.begun: dict[int, Any] = {}
        self.calls: dict[Any, int] = {}

    def start(self, number: int) -> None:
        """Start an actor; it waits where Ray has no room for it."""
        self.handles[number] = actor = self.make.remote()
        self.begun[number] = actor.begin.remote()
        self.calls[actor.serve.remote(self.out, number)] = number

    def lost(self, say: Callable[[str], None]) -> Iterator[tuple[int, str]]:
        """Wait a moment, and return which actors were lost meanwhile, and why.

        Args:
            say: takes the warnings of those that have ended.

        Raises:
            Exception: what an actor has raised that any other would raise too.
        """
        from ray.exceptions import RayError, RayTaskError

        if not self.calls:
            time.sleep(WATCH_SECONDS)
            return
        for call in self.ray.wait(list(self.calls), timeout=WATCH_SECONDS)[0]:
            number = self.calls.pop(call)
            try:
                for text in self.ray.get(call):
                    say(text)
            except RayTaskError as error:
                raise error.cause from None
            except RayError as error:
                if getattr(error, "actor_init_failed", False):
                    cause = str(error).strip().splitlines()[-1]
                    raise UserError(f"no worker can start in Ray ({cause}): install sharegap on all nodes") from error
                yield number, _reason(error)

    def waiting(self) -> int:
        """Return for how many Ray has no room."""
        return len(self.ray.wait(list(self.begun.values()), num_returns=len(self.begun), timeout=0)[1])

    def room(self) -> str:
        """Say what each actor takes, and what is free."""
        free = self.ray.available_resources()
        text = f"each takes {self.needs['num_cpus']} of the cores, of which {free.get('CPU', 0):g} are free"
        if self.needs["num_gpus"]:
            text += f", and {self.needs['num_gpus']} of the GPUs, of which {free.get('GPU', 0):g} are free"
        return text

    def end(self) -> None:
        """Ask all to end, and wait for their checkpoints."""
        for call in self.calls:
            self.ray.cancel(call)
        if self.calls:
            self.ray.wait(list(self.calls), num_returns=len(self.calls), timeout=STOP_SECONDS)


def _reason(error: Exception) -> str:
    """What Ray says of a loss, e.g. "its worker process has died"."""
    match = re.search(r"because ([^.\n]*)", str(error))
    return match[1] if match else type(error).__name__


class _Actor:
    """A worker in an actor."""

    def begin(self) -> None:
        """Show by returning that there was room."""

    def serve(self, out: Path, number: int) -> list[str]:
        """Train fleets until none is left, and return the warnings; what is printed goes to a log."""
        import ray

        job = JobFile(out).read()
        if job is None:
            raise UserError(f"a node of the Ray cluster does not see {out}: choose a folder that all nodes share")
        print_to(job.folder / f"worker-{number}.log")
        end_on_signals()
        context = ray.get_runtime_context()

        def end_if_canceled(*_: object) -> None:
            if context.is_canceled() and not received():
                os.kill(os.getpid(), signal.SIGTERM)

        # By an alarm, as Ray answers this thread alone.
        signal.signal(signal.SIGALRM, end_if_canceled)
        signal.siginterrupt(signal.SIGALRM, False)
        signal.setitimer(signal.ITIMER_REAL, WATCH_SECONDS, WATCH_SECONDS)
        heard: list[str] = []
        warnings.showwarning = lambda message, *_: heard.append(str(message))
        try:
            serve(job, unique_name())
        except Terminated:
            if not context.is_canceled():
                raise
        except Exception:
            traceback.print_exc()
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return heard
