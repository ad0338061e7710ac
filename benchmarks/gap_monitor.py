"""What a measurement of GapMonitor costs against Lightning's own validation of as many samples: `make gap-monitor`.

In one training, at the end of each epoch, the two take turns: GapMonitor measures accuracy and loss on a training and
a validation set, then Lightning validates both sets, whose `validation_step` logs the same two figures. The ratio is
the median of the epochs' ratios; the first epoch, which warms up, is left out.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.text import Text
from torch import Tensor, nn
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset
from torchmetrics.classification import MulticlassAccuracy

from sharegap import GapMonitor
from sharegap.tables import TextColumn, print_table

CLASSES = 10
IMAGE = (3, 16, 16)


def make_mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(768, 256), nn.ReLU(), nn.Linear(256, CLASSES))


def make_convolutions() -> nn.Module:
    layers = [nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, 2), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(32 * 49, CLASSES))


MODELS: dict[str, Callable[[], nn.Module]] = {"MLP": make_mlp, "convolutions": make_convolutions}


class Classifier(pl.LightningModule):
    """Takes one step per epoch, so that the evaluations take the time."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net, self.accuracy = net, MulticlassAccuracy(CLASSES, average="micro")

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return F.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        outputs = self(batch[0])
        self.accuracy(outputs, batch[1])
        self.log("accuracy", self.accuracy)
        self.log("loss", F.cross_entropy(outputs, batch[1]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)


class TimedMonitor(GapMonitor):
    """Takes the seconds of each of its measurements, and of the trainer's validations."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.seconds: dict[str, list[float]] = {"GapMonitor": [], "Lightning": []}

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        loop = trainer.fit_loop.epoch_loop.val_loop
        loop.run = self._timed("Lightning", loop.run)  # type: ignore[method-assign]

    def on_train_batch_end(self, *args: Any) -> None:
        # Before the validation of the same step, in which nothing is left to measure.
        self._timed("GapMonitor", super().on_train_batch_end)(*args)

    def _timed(self, way: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            start = time.perf_counter()
            result = function(*args)
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.seconds[way].append(time.perf_counter() - start)
            return result

        return run


def compare(net: nn.Module, samples: int, batch_size: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round, after one that warms up.

    Args:
        net: maps images to logits.
        samples: of each of the two sets.
        batch_size: of all loaders.
        rounds: how often the two take turns.
    """
    sets = [TensorDataset(torch.randn(samples, *IMAGE), torch.randint(CLASSES, (samples,))) for _ in range(2)]
    train, val = (DataLoader(data, batch_size) for data in sets)
    metrics = {"accuracy": MulticlassAccuracy(CLASSES, average="micro"), "nats": F.cross_entropy}
    monitor = TimedMonitor(metrics, every_n_steps=1, train_dataloader=train, val_dataloader=val)
    trainer = pl.Trainer(
        max_epochs=rounds + 1,
        limit_train_batches=1,
        num_sanity_val_steps=0,
        callbacks=[monitor],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Classifier(net), train, DataLoader(ConcatDataset(sets), batch_size))
    return {way: seconds[1:] for way, seconds in monitor.seconds.items()}


def row(name: str, seconds: dict[str, list[float]]) -> list[str]:
    """A row of the table: seconds per measurement of each way, and their ratio."""
    ratios = [ours / theirs for ours, theirs in zip(*seconds.values(), strict=True)]
    cells = [f"{median(times):.3f}" for times in seconds.values()]
    return [name, *cells, f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20000, help="of each of the two sets (default: 20000)")
    parser.add_argument("--batch-size", type=int, default=250, help="of all loaders (default: 250)")
    parser.add_argument("--rounds", type=int, default=7, help="to take the median of (default: 7)")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric")
    rows = []
    for name, make_net in MODELS.items():
        rows.append(row(name, compare(make_net(), arguments.samples, arguments.batch_size, arguments.rounds)))
    headings = ["model", "seconds of GapMonitor", "seconds of Lightning's validation", "ratio"]
    columns = [
        TextColumn(heading, [Text(cell) for cell in cells], justify="right" if i else "left")
        for i, (heading, cells) in enumerate(zip(headings, zip(*rows, strict=True), strict=True))
    ]
    print_table(columns, Console())


if __name__ == "__main__":
    main()
