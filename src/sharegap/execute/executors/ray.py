"""Workers as actors of a Ray cluster."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from sharegap.errors import UserError, check_int, check_range
from sharegap.execute.executors.actors import Actors
from sharegap.execute.executors.executor import Losses, Watch
from sharegap.execute.worker import Job
from sharegap.signals import end_if_asked, wait_for_a_good_point

if TYPE_CHECKING:
    from types import ModuleType

ANSWER_SECONDS = 10.0
"""That the address of a cluster has to answer."""
PATIENCE = 30.0
"""Seconds after which it is said that actors find no room."""
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what Ray itself says of lost workers, at length
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # else it tries for a quarter of an hour to join a cluster that is gone
}
"""Which Ray reads as it is imported, unless the user has set them."""


class Ray:
    """Workers as actors of a Ray cluster.

    An actor that is lost is replaced. All of them end with the command that has started them. On several hosts the
    output folder must be on a file system that all of them share.

    Args:
        workers: how many actors.
        address: of the cluster, "auto" for the one that this machine belongs to. None starts one on this machine.
        num_cpus: cores for each.
        num_gpus: GPUs for each; a fraction where several share one.

    Raises:
        UserError: for numbers out of range, or where Ray is not installed.
    """

    trains_here = False

    def __init__(self, workers: int, address: str | None = None, num_cpus: int = 1, num_gpus: float = 0.0) -> None:
        self.workers = check_int("executor.workers", workers)
        self.address = address
        self.num_cpus = check_int("executor.num_cpus", num_cpus)
        self.num_gpus = check_range("executor.num_gpus", num_gpus, "[0, inf)")
        if self.num_gpus > 1 and self.num_gpus % 1:
            raise UserError(f"executor.num_gpus must be below 1 or an integer, got {num_gpus!r}")
        spec = find_spec("ray")
        if spec is None or spec.origin is None:  # a folder of that name, in which the command was started, is none
            raise UserError("executor=ray needs Ray, which is not installed: pip install 'sharegap[ray]'")

    def count_workers(self, trainer: DictConfig, fleets: int, seconds: float) -> int:
        """Return how many actors there will be: no more than fleets."""
        if trainer.accelerator in ("gpu", "cuda") and not self.num_gpus:
            raise UserError("executor.num_gpus must be > 0 where the trainer asks for a GPU, got 0")
        return min(self.workers, fleets)

    def run(self, job: Job, watch: Watch, say: Callable[[str], None]) -> None:
        """Keep actors at the job until nothing is left."""
        watch()  # to show something: joining takes seconds
        ray = _import_ray()
        try:
            _join(ray, self.address)
            actors = Actors(ray, job.out.absolute(), {"num_cpus": self.num_cpus, "num_gpus": self.num_gpus})
            try:
                for number in range(1, job.workers + 1):
                    actors.start(number)
                _keep(actors, job.workers, watch, say)
            finally:
                actors.end()
        except SystemExit:
            end_if_asked()  # Ray makes another exit of `Terminated`
            raise
        finally:
            ray.shutdown()


def _import_ray() -> "ModuleType":
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray

    module: ModuleType = ray
    return module


def _join(ray: "ModuleType", address: str | None) -> None:
    """Join a cluster, or start one."""
    options: dict[str, Any] = {"address": address} if address else {"address": "local", "include_dashboard": False}
    handler = signal.getsignal(signal.SIGTERM)
    try:
        if address:
            _check_port(address)
        with wait_for_a_good_point():  # else a cluster that has half begun would stay
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"Ray cannot join executor.address={options['address']}: {error}") from error
    finally:
        signal.signal(signal.SIGTERM, handler)  # Ray has put one in its place


def _check_port(address: str) -> None:
    """Raise OSError where nobody listens at an address: Ray would try for long."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()


def _keep(actors: Actors, workers: int, watch: Watch, say: Callable[[str], None]) -> None:
    """Watch until nothing is left, and replace each actor that is lost."""
    losses, ask_at = Losses(workers), time.monotonic() + PATIENCE
    while left := watch():
        losses.watch(left)
        for number, reason in actors.lost(say):
            losses.add(reason)
            say(f"worker {number} was lost because {reason}: a new one takes its place")
            actors.start(number)
            ask_at = time.monotonic() + PATIENCE
        if time.monotonic() >= ask_at:
            ask_at = float("inf")
            if waiting := actors.waiting():
                say(f"{waiting} of {workers} workers find no room in Ray: {actors.room()}")
