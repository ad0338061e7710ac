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
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.loggers import CSVLogger
from rich.console import Console
from rich.text import Text
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Subset, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from sharegap.execute.build import build_data, build_fleet, build_objective, load_dataset
from sharegap.plan.run import Run
from sharegap.plan.targets import instantiate
from sharegap.tables import TextColumn, print_table
from sharegap.testing.runs import choices, make_run
from sharegap.testing.sites import example_dataset
from sharegap.training.datamodule import CURVE_SAMPLES
from sharegap.training.fit import fit
from sharegap.training.objective import Objective
from sharegap.training.runtime import configure_process

MODELS = choices("model")
INTERVAL = 100  # steps from one evaluation to the next
CHUNK = 500  # samples of an evaluation that the bare loop and Lightning take at once


class Idiomatic(LightningModule):
    """One run as a Lightning user would write it; `seconds` is what its training took, evaluations included."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run, self.objective, self.seconds = run, build_objective(run), 0.0
        task = self.objective.task
        self.loss, self.train_score, self.validation_score = task.loss, task.score(), task.score()

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        outputs = self.objective(x)
        loss = self.loss(outputs, y).mean()
        # The score of each batch, as users log it; where that seeks a threshold, it takes about a fifth of the step.
        self.train_score(outputs, y)
        self.log("train_loss", loss)
        self.log("train_score", self.train_score)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        x, y = batch
        outputs = self.objective(x)
        self.validation_score(outputs, y)
        self.log("validation_loss", self.loss(outputs, y).mean())
        self.log("validation_score", self.validation_score)

    def configure_optimizers(self) -> Optimizer:
        return build_optimizer(self.run, self.objective)

    def on_fit_start(self) -> None:
        self.start = time.perf_counter()

    def on_train_end(self) -> None:
        self.seconds = time.perf_counter() - self.start


def build_optimizer(run: Run, objective: Objective) -> Optimizer:
    """The one that a fleet of this run uses."""
    options = run.config["optimizer"]
    return instantiate(options["build"])(objective.parameters(), lr=options["lr"])


def lightning_seconds(run: Run) -> float:
    """Seconds of one run under idiomatic Lightning."""
    data = build_data([run])
    pool = TensorDataset(data.dataset.x, data.dataset.y)
    train_part, validation_part = (Subset(pool, i[0].tolist()) for i in (data.train_indices, data.validation_indices))
    batches = DataLoader(train_part, data.batch_size, shuffle=True, drop_last=True)
    module = Idiomatic(run)
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            accelerator="cpu",
            devices=1,
            max_steps=run.config["training"]["steps"],
            val_check_interval=data.interval,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            log_every_n_steps=data.interval,
            logger=CSVLogger(folder),
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        trainer.fit(module, batches, DataLoader(validation_part, CHUNK))
    return module.seconds


def bare_seconds(run: Run) -> float:
    """Seconds of one run in the shortest loop that trains and measures the same."""
    data, objective = build_data([run]), build_objective(run)
    optimizer = build_optimizer(run, objective)
    x, y = data.dataset.x, data.dataset.y
    indices, validation = data.train_indices[0], data.validation_indices[0]
    start = time.perf_counter()
    order, at = indices[torch.randperm(len(indices))], 0
    for step in range(run.config["training"]["steps"]):
        if at + data.batch_size > len(order):
            order, at = indices[torch.randperm(len(indices))], 0
        batch = order[at : at + data.batch_size]
        at += data.batch_size
        optimizer.zero_grad()
        objective(x[batch], y[batch]).backward()
        optimizer.step()
        if (step + 1) % data.interval == 0:
            train, test = indices[:CURVE_SAMPLES], slice(CURVE_SAMPLES)
            test_part = (data.dataset.x_test[test], data.dataset.y_test[test])
            bare_evaluation(objective, [(x[train], y[train]), test_part, (x[validation], y[validation])])
    return time.perf_counter() - start


@torch.no_grad()
def bare_evaluation(objective: Objective, parts: list[tuple[Tensor, Tensor]]) -> list[tuple[float, float]]:
    """Loss and score on each of `parts`, (x, y); the last decides what the score needs decided."""
    objective.eval()
    losses, scores = [], []
    for x, y in parts:
        loss, score = torch.zeros(()), objective.task.score()
        for inputs, targets in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
            outputs = objective(inputs)
            loss += objective.task.loss(outputs, targets).sum()
            score.update(outputs, targets)
        losses.append(float(loss) / len(y))
        scores.append(score)
    objective.train()
    calibration = objective.task.calibrate(scores[-1])
    return [(loss, float(score.compute(**calibration))) for loss, score in zip(losses, scores, strict=True)]


def fleet_seconds(runs: list[Run]) -> float:
    """Seconds of a fleet's training, the evaluations included, the test left out."""
    fleet = build_fleet(runs)
    options = {"accelerator": "cpu", "devices": 1}
    with TemporaryDirectory() as folder:
        fit(fleet, options, Path(folder) / "fleet.ckpt")
    assert not fleet.run_state.diverged.any(), "a run that has ended early has no speed to compare"
    return float(fleet.run_state.seconds)


def matmul_rate() -> float:
    """Floating-point operations per second of a large matrix product on this machine."""
    a = torch.randn(1024, 1024)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - start)
    return 2 * 1024**3 / median(times)


def step_flops(run: Run) -> int:
    """Floating-point operations in the matrix products of one training step of one run."""
    objective, dataset = build_objective(run), load_dataset(run)
    size = run.config["training"]["batch_size"]
    with FlopCounterMode(display=False) as counter:
        objective(dataset.x[:size], dataset.y[:size]).backward()
    return counter.get_total_flops()


def measure(model: str, sharing: str, size: int, rounds: int, intervals: int) -> list[str]:
    """One row of the table: run-steps per second of each way, and their ratios."""
    steps = intervals * INTERVAL
    overrides = [f"dataset={example_dataset(model)}", f"model={model}", f"sharing={sharing}"]
    run = make_run(*overrides, f"training.steps={steps}", f"training.evaluations={intervals}")
    fleet = [run.with_numbers({"seed": seed}) for seed in range(size)]
    ways: dict[str, Callable[[], float]] = {
        "fleet": lambda: size * steps / fleet_seconds(fleet),
        "one": lambda: steps / fleet_seconds([run]),
        "bare": lambda: steps / bare_seconds(run),
        "lightning": lambda: steps / lightning_seconds(run),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    matmuls = []
    for turn in range(rounds):
        print(f"{model} {sharing}: round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
        matmuls.append(matmul_rate())
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
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS, metavar="MODEL")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    configure_process()  # for all ways alike
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    rows = []
    for model in arguments.models:
        for sharing in ("independent", "hard"):
            rows.append(measure(model, sharing, arguments.runs, arguments.rounds, arguments.intervals))
    names = [TextColumn("model", [Text(row[0]) for row in rows]), TextColumn("sharing", [Text(row[1]) for row in rows])]
    speeds = (f"fleet of {arguments.runs}", "fleet of 1", "bare loop", "Lightning")
    ratios = ("fleet / Lightning", "fleet of 1 / bare", "of matmul rate")
    figures = []
    for index, heading in enumerate((*speeds, *ratios), start=len(names)):
        figures.append(TextColumn(heading, [Text(row[index]) for row in rows], justify="right"))
    console = Console()
    console.print(f"run-steps per second on {torch.get_num_threads()} threads; ratios: median (least–most)")
    print_table([*names, *figures], console)


if __name__ == "__main__":
    main()
