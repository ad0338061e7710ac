"""A trained network as files that predict new rows: its weights, its config, and how its inputs are prepared."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from sharegap.atomic import write_atomic
from sharegap.data.dataset import Dataset
from sharegap.data.user.preparation import Rows, name_predictions, name_targets, number, prepare
from sharegap.errors import UserError
from sharegap.execute.build import build_objective
from sharegap.models import Network
from sharegap.plan.run import Run
from sharegap.plan.targets import allow_targets_in, refuse_foreign, targets_to_name

WEIGHTS, CONFIG = "model.safetensors", "model.json"
"""The files of a model in its folder."""


class SavedModel:
    """Predict new rows, prepared as the training part was.

    Args:
        network: one network or an ensemble, in eval mode.
        preparation: of the rows; None where inputs are prepared already.

    Example:
        >>> import tempfile
        >>> from sharegap.testing.runs import make_run
        >>> from sharegap.execute.build import build_objective, load_dataset
        >>> run = make_run("dataset=digits", "model=local2d")
        >>> network = build_objective(run).network
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(Path(folder), run, load_dataset(run), network.state_dict())
        ...     model = read_model(folder, ())
        >>> len(model(load_dataset(run).x_test[:3]))
        3
    """

    def __init__(self, network: Network, preparation: Mapping[str, Any] | None) -> None:
        self.network, self.preparation = network, preparation

    def __call__(self, rows: Rows | Tensor) -> pl.DataFrame:
        """Return the prediction of each row.

        Args:
            rows: a table as a polars DataFrame or a file, which may have further columns; or an array (samples, ...) or
                an npz file of x. A tensor is taken for inputs that are prepared already.

        Returns:
            `predicted`, and of classes the probability of each. Of data that are no user's, one column per output.

        Raises:
            UserError: for rows that are not as those that were trained on.
        """
        x = rows if isinstance(rows, Tensor) else self.prepare(rows)
        outputs = self.outputs(x)
        return number("output", outputs) if self.preparation is None else name_predictions(outputs, self.preparation)

    def compare(self, x: Tensor, y: Tensor) -> pl.DataFrame:
        """Return the targets of prepared samples beside what is predicted of them.

        Args:
            x: inputs, (samples, ...).
            y: their targets, encoded.
        """
        predicted = self(x)
        targets = number("target", y) if self.preparation is None else name_targets(y, self.preparation)
        targets = targets.rename({name: f"{name} (given)" for name in targets.columns if name in predicted.columns})
        return pl.concat([targets, predicted], how="horizontal") if targets.width else predicted

    def prepare(self, rows: Rows) -> Tensor:
        """Return rows as inputs of the network, (samples, ...)."""
        if self.preparation is not None:
            return prepare(rows, self.preparation)
        if isinstance(rows, np.ndarray):
            return torch.from_numpy(rows)
        raise UserError("the new rows must be an array of inputs as they are trained on: the data are no user's")

    @torch.no_grad()
    def outputs(self, x: Tensor) -> Tensor:
        """Return what the network computes of prepared inputs, (samples, ...)."""
        dtype = next(self.network.parameters()).dtype
        inputs = x.to(dtype) if x.is_floating_point() else x
        return torch.cat([self.network(batch) for batch in inputs.split(1000)])


def read_model(folder: str | Path, targets: Iterable[str]) -> SavedModel:
    """Read the model that a command has left in a folder; `sharegap.load` says more."""
    path = Path(folder).expanduser()
    if not (path / CONFIG).is_file() or not (path / WEIGHTS).is_file():
        raise UserError(f"{folder} must be a folder with a model of `sharegap choose` or `keep=weights`, got none")
    for target in targets:
        allow_targets_in(f"_target_={target}")
    try:
        facts = json.loads((path / CONFIG).read_bytes())
        tensors = load_tensors((path / WEIGHTS).read_bytes())
        dataset = _stand_in(facts["data"])
        run = Run(facts["run"])
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"the model in {folder} is damaged: {error}") from error
    try:
        refuse_foreign(run.config)
    except UserError as error:
        raise UserError(f"{error}; if you trust the folder: {load_call(folder, run.config)}") from error
    try:
        network = _network(run, dataset, tensors)
    except RuntimeError as error:
        raise UserError(f"the model in {folder} is of another version: {str(error).splitlines()[-1]}") from error
    return SavedModel(network, facts["preparation"])


def load_call(folder: str | Path, config: Mapping[str, Any]) -> str:
    """Return what loads the model in a folder, in Python, with the user's classes that it names."""
    targets = targets_to_name(config)
    return f"sharegap.load({str(folder)!r}{f', targets={targets!r}' if targets else ''})"


def make_model(run: Run, dataset: Dataset, tensors: Mapping[str, Tensor]) -> SavedModel:
    """Make the model of a trained run.

    Args:
        run: that was trained.
        dataset: that it was trained on.
        tensors: the network's `state_dict`.
    """
    return SavedModel(_network(run, dataset, tensors), dataset.preparation)


def save_model(folder: Path, run: Run, dataset: Dataset, tensors: Mapping[str, Tensor]) -> None:
    """Write a model for `load`.

    Args:
        folder: where to; an earlier model there is replaced.
        run: that was trained.
        dataset: that it was trained on; of it, shapes and the preparation are stored.
        tensors: the network's `state_dict`.
    """
    data = {
        "sample_shape": list(dataset.sample_shape),
        "is_tokens": dataset.has_tokens,
        "target_shape": list(dataset.y.shape[1:]),
        "classes": dataset.classes,
        "tasks": list(dataset.tasks),
        "kind": dataset.kind,
    }
    facts = {"run": run.config, "data": data, "preparation": dataset.preparation}
    write_atomic(folder / WEIGHTS, save_tensors({name: tensor.contiguous() for name, tensor in tensors.items()}))
    write_atomic(folder / CONFIG, json.dumps(facts, indent=1).encode())


def copy_model(source: Path, target: Path) -> None:
    """Copy a model from one folder to another; an earlier model there is replaced."""
    for file in (WEIGHTS, CONFIG):
        write_atomic(target / file, (source / file).read_bytes())


def _network(run: Run, dataset: Dataset, tensors: Mapping[str, Tensor]) -> Network:
    network = build_objective(run, dataset).network
    network.to(next(tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()))
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


def _stand_in(data: Mapping[str, Any]) -> Dataset:
    """A data set of one sample, which has all that a network and its task ask of it."""
    x = torch.zeros(1, *data["sample_shape"], dtype=torch.int64 if data["is_tokens"] else torch.float32)
    y = torch.zeros(1, *data["target_shape"], dtype=torch.int64 if data["classes"] else torch.float32)
    tasks = tuple(data["tasks"])
    return Dataset(x, y, x_test=x, y_test=y, classes=data["classes"], tasks=tasks, kind=data["kind"])
