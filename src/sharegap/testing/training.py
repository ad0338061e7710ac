"""Trainings of a second, and what they measured."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from sharegap.errors import UserError
from sharegap.execute.build import build_fleet, build_objective, load_dataset
from sharegap.execute.check import check_runs
from sharegap.plan.run import Run
from sharegap.results.wide import STANDARD_METRICS
from sharegap.sharing import SharingStrategy
from sharegap.training.fit import fit
from sharegap.training.fleet import Fleet
from sharegap.training.objective import Objective

SAMPLES = 8
"""Size of the batches that are computed without a training."""
Figures = dict[str, float]


class Killed(BaseException):
    """Stands for a killed process: no handler expects it."""


def train(*runs: Run, killed_at: int | None = None, recorded: bool = True) -> tuple[Fleet, list[Figures]]:
    """Train runs as one fleet, and return it with the figures of each run.

    Args:
        runs: of one structure.
        killed_at: a step at which the training is broken off once, to resume from its last checkpoint.
        recorded: whether steps are recorded and replayed, as in any training; of a few steps that takes most of the
            time.
    """
    options = {"accelerator": "cpu", "precision": runs[0].config["precision"]}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning|torchmetrics|lightning_fabric")
        checkpoint = Path(folder) / "fleet.ckpt"
        if killed_at is not None:
            _train_until(killed_at, build_fleet(runs), options, checkpoint, recorded)
        fleet = build_fleet(runs)
        rows = fit(fleet, options, checkpoint, lambda _: _after_step(fleet, recorded))
        return fleet, [_figures(row) for row in rows]


def require_trainable(run: Run, where: str) -> None:
    """Raise AssertionError where a fleet refuses a run before any training."""
    try:
        check_runs([run])
    except UserError as error:
        raise AssertionError(f"{where}: {error}") from error


def _after_step(fleet: Fleet, recorded: bool) -> None:
    # The first step only counts operations.
    if not recorded:
        fleet.step.forgo_recording()


def _train_until(step: int, fleet: Fleet, options: dict[str, Any], checkpoint: Path, recorded: bool) -> None:
    def kill(_: int) -> None:
        _after_step(fleet, recorded)
        if fleet.global_step == step:
            raise Killed

    dtype = torch.get_default_dtype()
    try:
        fit(fleet, options, checkpoint, kill)
    except Killed:
        torch.set_default_dtype(dtype)  # a process that was killed leaves nothing behind


def _figures(row: dict[str, Any]) -> Figures:
    """What every training measures, by names such as "final test loss", without the seconds it took.

    Metrics of one task are left out: the area under the ROC curve jumps where rounding swaps two ranks.
    """
    figures = {name: value for name, value in row.items() if isinstance(value, int | float) and name != "train_seconds"}
    for point in (*row["measurements"], *row["curve"]):
        if point["metric"] not in STANDARD_METRICS:
            continue
        labels = [str(label) for name, label in point.items() if name != "value" and label is not None]
        figures[" ".join(labels)] = point["value"]
    return figures


def batch_of(run: Run) -> tuple[Tensor, Tensor]:
    """Return the first samples of a run's data, real numbers in double precision."""
    dataset = load_dataset(run)
    x, y = dataset.x[:SAMPLES], dataset.y[:SAMPLES]
    return tuple(tensor.double() if tensor.is_floating_point() else tensor for tensor in (x, y))  # type: ignore[return-value]


def weights_after(steps: int, run: Run) -> dict[str, Tensor]:
    """Return a network's weights after some steps of training on one batch, each step with the same noise.

    Of a shared weight, all its copies; so networks compare whatever parameters their strategies hold.
    """
    batch = batch_of(run)
    with double_precision():  # from the start on: training magnifies its rounding
        objective = build_objective(run).double()
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for step in range(steps):
        optimizer.zero_grad()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(step)
            objective(*batch).backward()
        optimizer.step()
        objective.after_step(torch.tensor(0.01))
    weights = {}
    for name, module in objective.network.named_modules():
        if isinstance(module, SharingStrategy):
            weights[name] = module()
        else:
            for leaf, parameter in module.named_parameters(recurse=False):
                weights[f"{name}.{leaf}"] = parameter
    return weights


@contextmanager
def double_precision() -> Iterator[None]:
    """Make new tensors of real numbers in double precision."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def differing_figure(one: Figures, other: Figures, rel: float = 1e-8, abs_: float = 1e-9) -> str | None:
    """Return the name of the first figure in which two trainings differ, or None; NaN equals NaN.

    Batched and single runs add in another order, and training magnifies the rounding.
    """
    for name, value in one.items():
        got, expected = torch.tensor(other[name]).double(), torch.tensor(value).double()
        if not torch.isclose(got, expected, rtol=rel, atol=abs_, equal_nan=True):
            return name
    return None


def slope_error(objective: Objective, x: Tensor, y: Tensor) -> float:
    """Return how far the gradient is from a finite difference along a random direction, relative to it.

    Args:
        objective: in double precision.
        x: inputs (batch, ...).
        y: targets (batch, ...).
    """
    objective(x, y).backward()
    generator = torch.Generator().manual_seed(0)
    parameters = list(objective.parameters())
    directions = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    slope = sum(_dot(gradients, directions))

    def value_after(step: float) -> Tensor:
        with torch.no_grad():
            _move(parameters, directions, step)
            value: Tensor = objective(x, y)
            _move(parameters, directions, -step)
        return value

    difference = (value_after(1e-6) - value_after(-1e-6)) / 2e-6
    # Below the absolute bound the difference is rounding.
    return float((slope - difference).abs() / (difference.abs() + 1e-2))


def _dot(gradients: Sequence[Tensor], directions: Sequence[Tensor]) -> list[Tensor]:
    return [(gradient * direction).sum() for gradient, direction in zip(gradients, directions, strict=True)]


def _move(parameters: Sequence[Tensor], directions: Sequence[Tensor], step: float) -> None:
    for parameter, direction in zip(parameters, directions, strict=True):
        parameter.add_(step * direction)


def minimize(function: Callable[[], Tensor | None], objective: Objective, steps: int) -> None:
    """Take steps of Adam on `function` alone, each with what the objective does after a step."""
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        value = function()
        if value is not None:
            value.backward()
            optimizer.step()
        objective.after_step(torch.tensor(0.01))
