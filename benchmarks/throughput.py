"""How fast a fleet trains, against idiomatic Lightning and a bare PyTorch loop: `make throughput`.

All in one process, on the same model, batch, optimizer and evaluation interval, in rounds that take turns, so that
a drift of the machine's speed meets all alike; the ratios are the medians of the rounds' ratios. At each
evaluation the fleet and the bare loop measure loss and accuracy on a part of the training samples and on the
validation samples; idiomatic Lightning measures validation, and logs its running training figures, as its users do.
"""

import argparse
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from hydra import compose, initialize_config_dir
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.loggers import CSVLogger
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode
from torchmetrics.classification import MulticlassAccuracy

from sharegap.runs.build import build_data, build_fleet, build_learner, load_dataset
from sharegap.runs.cli import CONF
from sharegap.runs.run import Run
from sharegap.training.data import CURVE_SAMPLES
from sharegap.training.learner import Learner
from sharegap.training.process import prepare
from sharegap.training.train import train

MODELS = {"local1d": "mnist1d", "local2d": "digits"}


class Idiomatic(LightningModule):
    """One run as a Lightning user would write it."""

    def __init__(self, learner: Learner, rate: float) -> None:
        super().__init__()
        self.learner, self.rate = learner, rate
        self.train_accuracy, self.validation_accuracy = MulticlassAccuracy(10), MulticlassAccuracy(10)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        outputs = self.learner(x)
        loss = torch.nn.functional.cross_entropy(outputs, y)
        self.train_accuracy(outputs, y)
        self.log("train_loss", loss)
        self.log("train_accuracy", self.train_accuracy)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        x, y = batch
        outputs = self.learner(x)
        self.validation_accuracy(outputs, y)
        self.log("validation_loss", torch.nn.functional.cross_entropy(outputs, y))
        self.log("validation_accuracy", self.validation_accuracy)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.learner.parameters(), lr=self.rate, fused=True)


def lightning_seconds(run: Run, steps: int, interval: int) -> float:
    """Seconds of one run under idiomatic Lightning."""
    data = build_data([run])
    pool = TensorDataset(data.dataset.x, data.dataset.y)
    batches = DataLoader(torch.utils.data.Subset(pool, data.train_indices[0].tolist()), data.batch_size, shuffle=True)
    validation = DataLoader(torch.utils.data.Subset(pool, data.validation_indices[0].tolist()), 500)
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            accelerator="cpu",
            max_steps=steps,
            val_check_interval=interval,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            log_every_n_steps=interval,
            logger=CSVLogger(folder),
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        module = Idiomatic(build_learner(run), run.config["optimizer"]["lr"])
        start = time.perf_counter()
        trainer.fit(module, batches, validation)
        return time.perf_counter() - start


def bare_seconds(run: Run, steps: int, interval: int) -> float:
    """Seconds of one run in the shortest loop that trains and measures the same."""
    data, learner = build_data([run]), build_learner(run)
    optimizer = torch.optim.Adam(learner.parameters(), lr=run.config["optimizer"]["lr"], fused=True)
    x, y = data.dataset.x, data.dataset.y
    indices, validation = data.train_indices[0], data.validation_indices[0]
    start = time.perf_counter()
    order, at = indices[torch.randperm(len(indices))], 0
    for step in range(steps):
        if at + data.batch_size > len(order):
            order, at = indices[torch.randperm(len(indices))], 0
        batch = order[at : at + data.batch_size]
        at += data.batch_size
        loss = learner(x[batch], y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % interval == 0:
            learner.eval()
            with torch.no_grad():
                for chunk in (*indices[:CURVE_SAMPLES].split(500), *validation.split(500)):
                    outputs = learner(x[chunk])
                    torch.nn.functional.cross_entropy(outputs, y[chunk]).item()
                    (outputs.argmax(1) == y[chunk]).float().mean().item()
            learner.train()
    return time.perf_counter() - start


def fleet_seconds(runs: list[Run]) -> float:
    """Seconds of a fleet's training, the evaluations included, the test left out."""
    fleet = build_fleet(runs)
    options = {"accelerator": "cpu", "devices": 1}
    with TemporaryDirectory() as folder:
        train(fleet, options, Path(folder) / "fleet.ckpt", lambda rows: None)
    return float(fleet.track.seconds)


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
    learner, dataset = build_learner(run), load_dataset(run)
    size = run.config["training"]["batch_size"]
    with FlopCounterMode(display=False) as counter:
        learner(dataset.x[:size], dataset.y[:size]).backward()
    return counter.get_total_flops()


def measure(model: str, sharing: str, size: int, rounds: int, intervals: int) -> list[str]:
    """One row of the table: run-steps per second of each way, and their ratios."""
    interval = 100
    overrides = [f"dataset={MODELS[model]}", f"model={model}", f"sharing={sharing}"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(
            "config", [*overrides, f"training.steps={intervals * interval}", f"training.evaluations={intervals}"]
        )
    run, steps = Run.of(config), intervals * interval
    fleet = [run.with_numbers({"seed": seed}) for seed in range(size)]
    ways: dict[str, Callable[[], float]] = {
        "fleet": lambda: size * steps / fleet_seconds(fleet),
        "one": lambda: steps / fleet_seconds([run]),
        "bare": lambda: steps / bare_seconds(run, steps, interval),
        "lightning": lambda: steps / lightning_seconds(run, steps, interval),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    matmuls = []
    for _ in range(rounds):
        matmuls.append(matmul_rate())
        for name, way in ways.items():
            rates[name].append(way())

    def ratio(a: str, b: str) -> str:
        ratios = [x / y for x, y in zip(rates[a], rates[b], strict=True)]
        return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"

    share = median(r * step_flops(run) / rate for r, rate in zip(rates["fleet"], matmuls, strict=True))
    speeds = [f"{median(rates[name]):,.0f}" for name in ways]
    return [f"{model} {sharing}", *speeds, ratio("fleet", "lightning"), ratio("one", "bare"), f"{share:.1%}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=16, help="runs in the fleet (default: 16)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of (default: 5)")
    parser.add_argument("--intervals", type=int, default=5, help="evaluations per round, 100 steps each (default: 5)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="MODEL")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    prepare()  # for all ways alike
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    table = Table(title=f"run-steps per second on {torch.get_num_threads()} threads; ratios: median (least–most)")
    headings = ("model", f"fleet of {arguments.runs}", "fleet of 1", "bare loop", "Lightning")
    for heading in (*headings, "fleet / Lightning", "fleet of 1 / bare", "of matmul rate"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for model in arguments.models:
        for sharing in ("independent", "hard"):
            table.add_row(*measure(model, sharing, arguments.runs, arguments.rounds, arguments.intervals))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
