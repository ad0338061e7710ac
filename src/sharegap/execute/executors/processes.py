"""Workers as processes of this machine: one for each GPU, or one for each core."""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import torch
from joblib import cpu_count
from omegaconf import DictConfig

from sharegap.errors import UserError, check_int
from sharegap.execute.executors.executor import MAX_LOSSES, Watch
from sharegap.execute.executors.inline import Inline
from sharegap.execute.worker import Job, serve
from sharegap.signals import SIGNALS, end_on_signals, received, wait_for_a_good_point

WORTHWHILE_SECONDS = 15.0
"""Of training for each worker: a process takes some seconds to load torch."""
WATCH_SECONDS = 0.5
STOP_SECONDS = 30.0
"""After which a worker that was asked to end is killed."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Processes:
    """Workers as processes of this machine.

    A worker that is lost is replaced. All of them end with the process that has started them.

    Args:
        workers: how many; by default as many as pay: `per_device` on each GPU, on a CPU one on each core. 1: this
            process trains.
        per_device: how many share a GPU.

    Raises:
        UserError: for numbers below 1.
    """

    trains_here = True

    def __init__(self, workers: int | None = None, per_device: int = 1) -> None:
        self.workers = None if workers is None else check_int("executor.workers", workers)
        self.per_device = check_int("executor.per_device", per_device)

    def count_workers(self, trainer: DictConfig, fleets: int, seconds: float) -> int:
        """Return how many workers there will be: as asked for, else as many as pay."""
        if self.workers is not None:
            return self.workers
        devices = visible_gpus(trainer)
        most = len(devices) * self.per_device if devices else cpu_count(only_physical_cores=True)
        return max(1, int(min(most, fleets, seconds / WORTHWHILE_SECONDS)))

    def run(self, job: Job, watch: Watch, say: Callable[[str], None]) -> None:
        """Keep a process for each worker until nothing is left; a single worker is this process."""
        if job.workers == 1:
            Inline().run(job, watch, say)
            return
        job.folder.mkdir(parents=True, exist_ok=True)
        devices = visible_gpus(job.trainer)
        if devices:  # each worker sees one, which is the first there, whatever number it has here
            job = replace(job, trainer=DictConfig({**job.trainer, "devices": 1}))
        workers = []
        for number in range(job.workers):
            device = devices[number % len(devices)] if devices else None
            workers.append(_Process(job, number + 1, environment(job.workers, device)))
        try:
            for worker in workers:
                worker.start()
            _keep(workers, watch, say)
        finally:
            for worker in workers:
                worker.ask_to_end()
            for worker in workers:
                worker.end()


def visible_gpus(trainer: DictConfig) -> list[str]:
    """Return the GPUs that the trainer's options allow, as CUDA_VISIBLE_DEVICES names them; none on a CPU."""
    if trainer.accelerator not in ("gpu", "cuda", "auto") or not torch.cuda.is_available():
        return []
    names = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    names = names or [str(number) for number in range(torch.cuda.device_count())]
    chosen = trainer.devices
    return names if isinstance(chosen, int) else [names[number] for number in chosen]


def environment(workers: int, device: str | None) -> dict[str, str]:
    """Return the variables of a worker, which torch reads when it is loaded: its share of the cores, and its GPU."""
    variables = dict.fromkeys(THREADS, str(max(1, cpu_count(only_physical_cores=True) // workers)))
    return variables if device is None else variables | {"CUDA_VISIBLE_DEVICES": device}


def _keep(workers: Sequence["_Process"], watch: Watch, say: Callable[[str], None]) -> None:
    """Watch until nothing is left, and replace each worker that is lost."""
    losses = 0
    left = 0
    while (now_left := watch()) or any(worker.is_alive() for worker in workers):
        losses = losses if now_left == left else 0
        left = now_left
        for worker in workers:
            reason = worker.loss()  # before its last words are heard
            for text in worker.heard():
                say(text)
            if worker.error:
                raise worker.error
            if reason is None:
                continue
            losses += 1
            if losses > MAX_LOSSES * len(workers):
                raise UserError(f"workers are lost again and again: the last {reason}, see {worker.log}")
            say(f"worker {worker.number} {reason}: a new one takes its place")
            worker.start()
        connection.wait([worker.channel for worker in workers if worker.is_alive()], WATCH_SECONDS)


class _Process:
    """One worker's process, and the next one where it is lost."""

    def __init__(self, job: Job, number: int, variables: Mapping[str, str]) -> None:
        self.job, self.number, self.variables = job, number, variables
        self.name = f"worker-{number}"
        self.log = job.folder / f"{self.name}.log"
        self.process: BaseProcess | None = None
        self.error: Exception | None = None
        """What the worker has raised that any other would raise too."""

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.channel, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self.job, self.name, theirs, str(self.log)))
        with _set(self.variables), _held_signals():
            process.start()
        theirs.close()
        self.process = process

    def is_alive(self) -> bool:
        return self.process is not None and self.process.exitcode is None

    def heard(self) -> Iterator[str]:
        """What the worker says, each line once."""
        with suppress(EOFError, OSError):
            while self.channel.poll():
                message = self.channel.recv()
                if isinstance(message, Exception):
                    self.error = message
                else:
                    yield message

    def loss(self) -> str | None:
        """Why the worker has ended before its time; None where it has not."""
        code = self.process.exitcode if self.process else None
        if not code:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def ask_to_end(self) -> None:
        if self.process:
            self.channel.close()

    def end(self) -> None:
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


def _serve(job: Job, name: str, channel: Connection, log: str) -> None:
    """Be a worker in this new process; what it prints goes to its log."""
    with open(log, "a") as file:  # noqa: PTH123
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
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
