"""What `suite_speed.py` measures: a sample of the default suite as it is run, and its runs in other ways."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import torch
from omegaconf import DictConfig

from benchmarks.ways import SPLITS, BareLoop, Idiomatic, Loaders, make_trainer, seconds_of
from sharegap.execute.build import build_data, build_fleet, load_dataset
from sharegap.plan.configs import compose_config
from sharegap.plan.run import Run
from sharegap.results import Store
from sharegap.training.fit import fit
from sharegap.training.runtime import release_memory

METHODS = ("none", "hard", "soft", "dropout", "ensemble")  # Idiomatic trains no others
OURS, BARE, LIGHTNING = "sharegap", "bare loop", "Lightning"
IMPORTS = {BARE: "import torch, torchmetrics", LIGHTNING: "import torch, torchmetrics, pytorch_lightning"}


@dataclass(frozen=True)
class Cell:
    """A method in a study.

    Args:
        study: its name.
        method: its name.
        count: of its runs, those that tune it included.
        fleet: the runs that measure it.
        train_seconds: of all its runs in the suite, tests left out.
    """

    study: str
    method: str
    count: int
    fleet: list[Run]
    train_seconds: float


@dataclass(frozen=True)
class Round:
    """What one round has measured, in seconds.

    Args:
        suite: of `sharegap bench`.
        imports: by way.
        cells: of the suite.
        seconds: by way and number of threads, those of one run, by cell.
    """

    suite: float
    imports: dict[str, float]
    cells: list[Cell]
    seconds: dict[tuple[str, int], list[float]]

    def total(self, way: str, threads: int, processes: int) -> float:
        """Seconds of all runs of the suite in another way, by so many processes."""
        runs = sum(cell.count * run for cell, run in zip(self.cells, self.seconds[way, threads], strict=True))
        return self.imports[way] + runs / processes

    def ratios(self, way: str) -> list[float]:
        """By cell, how many times as long as in a fleet a run takes in another way, by one thread."""
        ours = self.seconds[OURS, 1]
        return [other / our for other, our in zip(self.seconds[way, 1], ours, strict=True)]


def suite_options(
    studies: Mapping[str, Sequence[str]], methods: Sequence[str], *, seeds: int, trials: int, length: float
) -> list[str]:
    """Options of `sharegap bench` for a sample of the default suite.

    Args:
        studies: of the sample, with the options of each.
        methods: of the sample.
        seeds: measured runs of each method.
        trials: settings that each method tries.
        length: share of each run's evaluations, and of the steps before them.
    """
    options = ["suite=default", "suite.anchors=false", f"suite.methods=[{','.join(methods)}]"]
    options += [f"suite.seeds={seeds}", f"suite.trials={trials}"]
    options += [f"~suite.studies.{study}" for study in default_suite().studies if study not in studies]
    for study, overrides in studies.items():
        training = compose_config(overrides).training
        evaluations = max(1, round(length * training.evaluations))
        steps = training.steps // training.evaluations * evaluations  # the interval stays
        shortened = [*overrides, f"training.steps={steps}", f"training.evaluations={evaluations}"]
        quoted = [f"'{option}'" for option in shortened]
        options.append(f"suite.studies.{study}=[{','.join(quoted)}]")
    return options


def default_suite() -> DictConfig:
    """The config of the default suite."""
    suite: DictConfig = compose_config(["suite=default"], "bench").suite
    return suite


def bench(out: Path, options: Sequence[str]) -> None:
    """Run `sharegap bench` as a user does."""
    command = [sys.executable, "-m", "sharegap", "bench", f"out={out}", "logger=none", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"sharegap bench has failed:\n{done.stdout}{done.stderr}")


def read_cells(store: Store) -> list[Cell]:
    """The methods of the default suite in each study, as they are stored."""
    plan, _ = store.plan("default")
    runs = plan.join(store.runs().select("run", "config", "train_seconds"), on="run", maintain_order="left")
    cells = []
    for (study, method), rows in runs.group_by("study", "method", maintain_order=True):
        fleet = [Run.of_json(config) for config in rows.filter(pl.col("phase") == "measure")["config"]]
        cells.append(Cell(str(study), str(method), len(rows), fleet, float(rows["train_seconds"].sum())))
    return cells


def fleet_seconds(runs: Sequence[Run]) -> float:
    """Seconds of one of the runs in a fleet of them, trained as a worker does."""
    options = {"accelerator": "cpu", "devices": 1}
    with TemporaryDirectory() as folder, release_memory():
        return seconds_of(lambda: fit(build_fleet(runs), options, Path(folder) / "fleet.ckpt")) / len(runs)


def bare_seconds(runs: Sequence[Run]) -> float:
    """Seconds of one run in the bare loop, with its test."""
    loop = BareLoop(runs[0])
    return seconds_of(loop.train) + seconds_of(loop.test)


def lightning_seconds(runs: Sequence[Run]) -> float:
    """Seconds of one run under idiomatic Lightning, with its test; of an ensemble those of all members."""
    model = runs[0].config["model"]
    member = Run(runs[0].config | {"model": model | {"ensemble_size": 1}})
    data = build_data([member])
    module, loaders = Idiomatic(member, SPLITS), Loaders(data)

    def train_and_test() -> None:
        with TemporaryDirectory() as folder:
            trainer = make_trainer(member, data.interval, folder)
            trainer.fit(module, loaders.train(), loaders.evaluation(SPLITS))
            trainer.test(module, loaders.test(SPLITS), verbose=False)

    return float(seconds_of(train_and_test) * model["ensemble_size"])


WAYS: dict[str, Callable[[Sequence[Run]], float]] = {
    OURS: fleet_seconds,
    BARE: bare_seconds,
    LIGHTNING: lightning_seconds,
}


def measure(options: Sequence[str], cores: int) -> Round:
    """Measure each way once."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        suite = seconds_of(partial(bench, out, options))
        cells = read_cells(Store(out))
    imports = {}
    for way, code in IMPORTS.items():
        imports[way] = seconds_of(partial(subprocess.run, [sys.executable, "-c", code], check=True))
    timings = [(OURS, 1), (BARE, 1), (LIGHTNING, 1)]
    if cores > 1:
        timings += [(BARE, cores), (LIGHTNING, cores)]
    seconds: dict[tuple[str, int], list[float]] = {timing: [] for timing in timings}
    for cell in cells:
        say(f"{cell.study} {cell.method}")
        load_dataset(cell.fleet[0])  # else the first way would load it for all
        for way, threads in timings:
            gc.collect()  # what the way before has left is not this one's to clear
            with limit_threads(threads):
                seconds[way, threads].append(WAYS[way](cell.fleet))
    return Round(suite, imports, cells, seconds)


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Compute by so many threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def say(text: str) -> None:
    """Say what is going on, beside the tables."""
    print(text, file=sys.stderr, flush=True)
