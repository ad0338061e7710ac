"""How training speeds up with workers: `make scaling`.

Trains a part of the default suite by `sharegap bench`, each time in an output folder of its own: in one process on all
threads, by one worker on one thread, and by several workers. These take turns, so that a drift of the machine's speed
meets all alike; the ratios are the medians of the rounds' ratios. The suite's searches, studies and fleets are the
default ones, with fewer methods and steps; so fleets are short, and what is lost between them counts more than it does
in the whole suite.

Run-steps per second are given twice: from the start of the command, and from the first fleet's, both until the last
fleet is stored. The ideal of n workers is n times what one worker does on one thread, or on one GPU.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import polars as pl
import torch
from joblib import cpu_count
from rich.console import Console
from rich.text import Text

from sharegap.execute.job_file import JobFile
from sharegap.execute.status import read_statuses
from sharegap.execute.worker import work_folder
from sharegap.plan.run import Run
from sharegap.results import Store
from sharegap.tables import TextColumn, print_table

METHODS = ("none", "hard", "soft")
LOOK_SECONDS = 0.05
EXPECTED = 8  # workers of the estimate


@dataclass(frozen=True)
class Way:
    """A way to train.

    Args:
        name: in the table.
        options: of the command.
        devices: how many cores or GPUs count for the ideal; None: it has none, as one process uses all cores.
    """

    name: str
    options: tuple[str, ...]
    devices: int | None


@dataclass(frozen=True)
class Measure:
    """What one command took, in seconds.

    Args:
        steps: run-steps in all.
        whole: from the command's start until the last fleet was stored.
        begun: from the command's start to the first fleet's.
        start: from the job to the first fleet of a worker, on average.
        between: from one fleet stored to the begin of the worker's next, on average.
        outside: of a fleet's time those not in its training steps: building, final measurement, storing, `between`.
        training: in the training steps of all fleets.
        fleets: how many.
    """

    steps: int
    whole: float
    begun: float
    start: float
    between: float
    outside: float
    training: float
    fleets: int

    @property
    def rate(self) -> float:
        """Run-steps per second, start-up included."""
        return self.steps / self.whole

    @property
    def rate_begun(self) -> float:
        """Run-steps per second from the first fleet's begin."""
        return self.steps / (self.whole - self.begun)


def ways_of(trainer: str, counts: Sequence[int]) -> list[Way]:
    """The ways to train on the cores or GPUs of this machine."""
    if trainer == "cpu":
        cores = cpu_count(only_physical_cores=True)
        ways = [Way("inline, all threads", ("executor=inline",), None)]
        ways += [Way("1 worker, 1 thread", ("executor=inline",), 1)]
        for count in counts:
            threads = max(1, cores // count)
            ways.append(Way(f"{count} workers, threads: {threads} each", processes(count), min(count, cores)))
        return ways
    gpus = torch.cuda.device_count()
    ways = [Way("inline, 1 GPU", ("trainer=gpu", "executor=inline"), 1)]
    for count in counts:
        options = ("trainer=gpu", *processes(count), f"executor.per_device={-(-count // gpus)}")
        ways.append(Way(f"{count} workers, GPUs: {min(count, gpus)}", options, min(count, gpus)))
    return ways


def processes(workers: int) -> tuple[str, ...]:
    """Options for so many workers."""
    return ("executor=processes", f"executor.workers={workers}")


def measure(way: Way, suite: Sequence[str]) -> Measure:
    """Train a suite in a new folder, and return what that took; `suite` are options of the command."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "sharegap", "bench", f"out={out}", "logger=none", *suite, *way.options]
        variables = dict(os.environ)
        if way.devices:  # workers have their share of the cores anyway
            variables |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        log = Path(folder) / "log"
        with log.open("w") as file:
            start = time.time()
            training = subprocess.Popen(command, env=variables, stdout=file, stderr=file)
            begins, job_written = watch(out, training)
        if training.returncode:
            raise SystemExit(f"{way.name} has failed:\n{log.read_text()}")
        return summarize(Store(out), begins, start=start, job_written=job_written)


Begins = dict[str, list[tuple[float, str]]]
"""By worker, when it has begun with which fleet, in seconds since 1970."""


def watch(out: Path, training: subprocess.Popen[bytes]) -> tuple[Begins, float]:
    """Note what the workers of a command begin, and when its job was written, until it ends."""
    begins: Begins = {}
    job_written = 0.0
    while training.poll() is None:
        job_written = JobFile(out).written() / 1e9 or job_written
        for status in read_statuses(work_folder(out)):
            noted = begins.setdefault(status.worker, [])
            if status.fleet and (status.begun, status.fleet) not in noted:
                noted.append((status.begun, status.fleet))
        time.sleep(LOOK_SECONDS)
    return {worker: noted for worker, noted in begins.items() if noted}, job_written


def summarize(store: Store, begins: Begins, *, start: float, job_written: float) -> Measure:
    """What a command took, from what it has stored and from what was noted while it trained."""
    rows = store.runs().filter(~pl.col("config").str.contains('"anchor"'))
    configs = [Run.of_json(config).config for config in rows["config"]]
    steps = sum(config["training"]["steps"] * config["model"]["ensemble_size"] for config in configs)
    stored, training = {}, {}
    for noted in begins.values():
        for _, fleet in noted:
            stored[fleet] = store.part(fleet).stat().st_mtime
            training[fleet] = float(store.read(fleet)["train_seconds"].sum())
    between, outside = [], []
    for noted in begins.values():
        for (begun, fleet), (next_begun, _) in pairwise(noted):
            between.append(next_begun - stored[fleet])
            outside.append(next_begun - begun - training[fleet])
    first = [noted[0][0] for noted in begins.values()]
    return Measure(
        steps=steps,
        whole=max(stored.values()) - start,
        begun=min(first) - start,
        start=mean(first) - job_written,
        between=mean(between) if between else 0.0,
        outside=mean(outside) if outside else 0.0,
        training=sum(training.values()),
        fleets=len(training),
    )


def expect(measures: Sequence[Measure], inline: Sequence[Measure]) -> str:
    """Say what is to be expected of more workers that are like those measured."""
    begun, ratios = [], []
    for one, other in zip(measures, inline, strict=True):
        work = one.training + one.fleets * one.outside
        begun.append(EXPECTED * one.steps / work)
        ratios.append(one.steps / (one.begun + work / EXPECTED) / other.rate)
    return (
        f"an estimate, not measured: {EXPECTED} such workers, on as many cores or GPUs, with a suite so long that none "
        f"waits for the last fleet: about {median(begun):,.0f} run-steps per second after start-up; this part of the "
        f"suite in 1/{median(ratios):.1f} of the time that it takes inline here, start-up included"
    )


def columns_of(ways: Sequence[Way], measures: Mapping[str, Sequence[Measure]]) -> list[TextColumn]:
    """The columns of the table: a row for each way."""
    inline, single = measures[ways[0].name], measures[next(way.name for way in ways if way.devices == 1)]
    columns = [TextColumn("way", [Text(way.name) for way in ways])]

    def add(heading: str, cell: Callable[[Way, Sequence[Measure]], str]) -> None:
        cells = [Text(cell(way, measures[way.name])) for way in ways]
        columns.append(TextColumn(heading, cells, justify="right"))

    def add_median(heading: str, figure: Callable[[Measure], float], decimals: int = 0) -> None:
        add(heading, lambda _, rounds: f"{median(map(figure, rounds)):,.{decimals}f}")

    def ideal(way: Way, rounds: Sequence[Measure]) -> str:
        if not way.devices:
            return ""
        return ratio([one / way.devices for one in quotients(rounds, single, "rate_begun")], ".0%")

    add_median("run-steps per second", attrgetter("rate"))
    add("vs. inline", lambda _, rounds: ratio(quotients(rounds, inline, "rate")))
    add_median("after start-up", attrgetter("rate_begun"))
    add("vs. inline", lambda _, rounds: ratio(quotients(rounds, inline, "rate_begun")))
    add("of ideal", ideal)
    add_median("s to first fleet", attrgetter("begun"), 1)
    add_median("s to start a worker", attrgetter("start"), 1)
    add_median("s between fleets", attrgetter("between"), 2)
    add_median("s per fleet beside training", attrgetter("outside"), 2)
    return columns


def quotients(rounds: Sequence[Measure], others: Sequence[Measure], figure: str) -> list[float]:
    """By round, a figure as a multiple of another way's."""
    return [getattr(one, figure) / getattr(other, figure) for one, other in zip(rounds, others, strict=True)]


def ratio(values: Sequence[float], style: str = ".2f") -> str:
    """The median of ratios, and the least and the most of several."""
    spread = f" ({min(values):{style}}–{max(values):{style}})" if len(values) > 1 else ""
    return f"{median(values):{style}}{spread}"


def compare(trainer: str, counts: Sequence[int], suite: Sequence[str], rounds: int) -> None:
    """Measure all ways on one kind of hardware in turns, and print the table."""
    ways = ways_of(trainer, counts)
    measures: dict[str, list[Measure]] = {way.name: [] for way in ways}
    for turn in range(rounds):
        for way in ways:
            print(f"{way.name}: round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
            measures[way.name].append(measure(way, suite))
    console = Console()
    print_table(columns_of(ways, measures), console)
    console.print(expect(measures[ways[-1].name], measures[ways[0].name]), highlight=False)


def default_counts(devices: int) -> list[int]:
    """Numbers of workers to measure: 2, 4, 8 and so on, and one for each device."""
    powers = [2**power for power in range(1, devices.bit_length()) if 2**power < devices]
    return [*powers, max(2, devices)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", metavar="N", help="numbers beside 1 (default: 2, 4, ...)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds to take the median of (default: 2)")
    parser.add_argument("--steps", type=int, default=40, help="of each run's training (default: 40)")
    parser.add_argument("--methods", nargs="+", default=METHODS, metavar="METHOD", help="of the suite")
    parser.add_argument("--suite", default="default", help="of which all studies are trained (default: default)")
    arguments = parser.parse_args()
    overrides = f"['training.steps={arguments.steps}','training.evaluations=4']"
    suite = [
        f"suite={arguments.suite}",
        "suite.anchors=false",
        f"suite.methods=[{','.join(arguments.methods)}]",
        f"suite.overrides={overrides}",
    ]
    devices = {"cpu": cpu_count(only_physical_cores=True), "gpu": torch.cuda.device_count()}
    for trainer, count in devices.items():
        if count:
            compare(trainer, arguments.workers or default_counts(count), suite, arguments.rounds)


if __name__ == "__main__":
    main()
