"""Workers as processes of this machine: one for each GPU, or one for each core."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing import connection

import torch
from joblib import cpu_count
from omegaconf import DictConfig

from sharegap.errors import check_int
from sharegap.execute.executors.executor import Losses, Watch
from sharegap.execute.executors.inline import Inline
from sharegap.execute.executors.worker_process import WorkerProcess
from sharegap.execute.worker import Job

WORTHWHILE_SECONDS = 15.0
"""Of training for each worker: a process takes some seconds to load torch."""
WATCH_SECONDS = 0.5
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
            workers.append(WorkerProcess(job, number + 1, environment(job.workers, device)))
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


def _keep(workers: Sequence[WorkerProcess], watch: Watch, say: Callable[[str], None]) -> None:
    """Watch until nothing is left, and replace each worker that is lost."""
    losses = Losses(len(workers))
    while (left := watch()) or any(worker.is_alive() for worker in workers):
        losses.watch(left)
        for worker in workers:
            reason = worker.loss()  # before its last words are heard
            for text in worker.heard():
                say(text)
            if worker.error:
                raise worker.error
            if reason is None:
                continue
            losses.add(f"it {reason}, see {worker.log}")
            say(f"worker {worker.number} {reason}: a new one takes its place")
            worker.start()
        connection.wait([worker.channel for worker in workers if worker.is_alive()], WATCH_SECONDS)
