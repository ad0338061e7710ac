"""How fast a fleet trains, against idiomatic Lightning and a bare PyTorch loop: `make throughput`.

All in one process, on the same model, batch, optimizer and evaluation interval, in rounds that take turns, so that
a drift of the machine's speed meets all alike; the ratios are the medians of the rounds' ratios. At each
evaluation the fleet and the bare loop measure loss and score on a part of the training samples and on the
validation samples; idiomatic Lightning measures validation, and logs its running training figures, as its users do.
All are timed from the first step's preparation to the last evaluation, without building the model and the data.
"""

import argparse
import gc
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from rich.console import Console
from rich.text import Text
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.ways import BareLoop, Idiomatic, Loaders, make_trainer, seconds_of
from sharegap.execute.build import build_data, build_fleet, build_objective, load_dataset
from sharegap.plan.run import Run
from sharegap.tables import TextColumn, print_table
from sharegap.testing.runs import choices, make_run
from sharegap.testing.sites import example_dataset
from sharegap.training.fit import fit
from sharegap.training.runtime import configure_process

MODELS = choices("model")
INTERVAL = 100  # steps from one evaluation to the next


class Timed(Idiomatic):
    """Takes the time of its training, evaluations included, as `seconds`."""

    seconds = 0.0

    def on_fit_start(self) -> None:
        self.start = time.perf_counter()

    def on_train_end(self) -> None:
        self.seconds = time.perf_counter() - self.start


def lightning_seconds(run: Run, accelerator: str = "cpu") -> float:
    """Seconds of one run under idiomatic Lightning."""
    data = build_data([run])
    module, loaders = Timed(run), Loaders(data)
    with TemporaryDirectory() as folder:
        make_trainer(run, data.interval, folder, accelerator).fit(
            module, loaders.train(), loaders.evaluation(module.splits)
        )
    return module.seconds


def bare_seconds(run: Run, accelerator: str = "cpu") -> float:
    """Seconds of one run in the shortest loop that trains and measures the same."""
    return seconds_of(BareLoop(run, "cuda" if accelerator == "gpu" else accelerator).train)


def fleet_seconds(runs: list[Run], accelerator: str = "cpu") -> float:
    """Seconds of a fleet's training, the evaluations included, the test left out."""
    fleet = build_fleet(runs)
    options = {"accelerator": accelerator, "devices": 1}
    with TemporaryDirectory() as folder:
        fit(fleet, options, Path(folder) / "fleet.ckpt")
    assert not fleet.run_state.diverged.any(), "a run that has ended early has no speed to compare"
    return float(fleet.run_state.seconds)


def matmul_rate(accelerator: str = "cpu") -> float:
    """Floating-point operations per second of matrix products: on a CPU, one that fits the cache on each thread."""
    is_gpu = accelerator == "gpu"
    size, count = (4096, 1) if is_gpu else (256, torch.get_num_threads())
    a = torch.randn(count, size, size, device="cuda" if is_gpu else "cpu")
    times = []
    for _ in range(200):
        start = time.perf_counter()
        a @ a
        if is_gpu:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return count * 2 * size**3 / median(times)


def step_flops(run: Run) -> int:
    """Floating-point operations in the matrix products of one training step of one run."""
    objective, dataset = build_objective(run), load_dataset(run)
    size = run.config["training"]["batch_size"]
    with FlopCounterMode(display=False) as counter:
        objective(dataset.x[:size], dataset.y[:size]).backward()
    return counter.get_total_flops()


def measure(model: str, sharing: str, size: int, rounds: int, intervals: int, accelerator: str) -> list[str]:
    """One row of the table: run-steps per second of each way, and their ratios."""
    steps = intervals * INTERVAL
    overrides = [f"dataset={example_dataset(model)}", f"model={model}", f"sharing={sharing}"]
    run = make_run(*overrides, f"training.steps={steps}", f"training.evaluations={intervals}")
    fleet = [run.with_numbers({"seed": seed}) for seed in range(size)]
    ways: dict[str, Callable[[], float]] = {
        "fleet": lambda: size * steps / fleet_seconds(fleet, accelerator),
        "one": lambda: steps / fleet_seconds([run], accelerator),
        "bare": lambda: steps / bare_seconds(run, accelerator),
        "lightning": lambda: steps / lightning_seconds(run, accelerator),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    matmuls = []
    for turn in range(rounds):
        print(f"{model} {sharing}: round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
        matmuls.append(matmul_rate(accelerator))
        for name, runner in ways.items():
            gc.collect()  # what the way before has left is not this one's to clear
            rates[name].append(runner())

    def ratio(a: str, b: str) -> str:
        ratios = [x / y for x, y in zip(rates[a], rates[b], strict=True)]
        return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"

    flops = step_flops(run)
    share = median(r * flops / rate for r, rate in zip(rates["fleet"], matmuls, strict=True))
    speeds = [f"{median(rates[name]):,.0f}" for name in ways]
    return [model, sharing, *speeds, ratio("fleet", "lightning"), ratio("one", "bare"), f"{share:.1%}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=16, help="runs in the fleet (default: 16)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of (default: 5)")
    parser.add_argument("--intervals", type=int, default=3, help="evaluations per round, 100 steps each (default: 3)")
    parser.add_argument("--accelerator", choices=("cpu", "gpu"), default="cpu", help="what trains (default: cpu)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS, metavar="MODEL")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    configure_process()  # for all ways alike
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    rows = []
    for model in arguments.models:
        for sharing in ("independent", "hard"):
            options = (arguments.runs, arguments.rounds, arguments.intervals, arguments.accelerator)
            rows.append(measure(model, sharing, *options))
    names = [TextColumn("model", [Text(row[0]) for row in rows]), TextColumn("sharing", [Text(row[1]) for row in rows])]
    speeds = (f"fleet of {arguments.runs}", "fleet of 1", "bare loop", "Lightning")
    ratios = ("fleet / Lightning", "fleet of 1 / bare", "of matmul rate")
    figures = []
    for index, heading in enumerate((*speeds, *ratios), start=len(names)):
        figures.append(TextColumn(heading, [Text(row[index]) for row in rows], justify="right"))
    console = Console()
    is_gpu = arguments.accelerator == "gpu"
    hardware = torch.cuda.get_device_name() if is_gpu else f"{torch.get_num_threads()} threads"
    console.print(f"run-steps per second on {hardware}; ratios: median (least–most)")
    print_table([*names, *figures], console)


if __name__ == "__main__":
    main()
