"""How new rows become inputs of a network, and its outputs targets, as fitted to a user's training part."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

from sharegap.data.formats.npz import list_npz, read_npz
from sharegap.data.prepare import encode
from sharegap.data.standardize import Standardizer
from sharegap.data.task_in_sample import with_task
from sharegap.data.user.column import read_labels
from sharegap.data.user.input_columns import read_inputs
from sharegap.data.user.new_columns import read_new_columns
from sharegap.data.user.table_file import read_table_file
from sharegap.data.user.targets import Targets
from sharegap.data.user.user_data import UserData
from sharegap.errors import UserError, unknown_name

Facts = Mapping[str, Any]
"""Plain data, which can be written as JSON."""
Rows = str | Path | pl.DataFrame | np.ndarray
"""New rows: a file, a table, or an array (samples, ...)."""


def describe_preparation(data: UserData, targets: Targets, fitted: Facts) -> dict[str, Any]:
    """Return what it takes to prepare new rows.

    Args:
        data: what the file holds.
        targets: its targets, encoded.
        fitted: to the training part: mean and std of inputs and of real targets; of a table that each run prepares
            the `texts` that become inputs, to which `sharegap.data.prepare` adds the others.
    """
    return {
        "kind": targets.kind,
        "inputs": list(data.input_names),
        "shape": list(data.x.shape[1:]),
        "channel_axis": 2 if targets.is_pairs else 1,
        "texts": [],
        "tasks": list(targets.task_names) if data.tasks is not None else [],
        "targets": [column.name for column in targets.columns],
        "classes": [list(column.class_names) for column in targets.columns],
        **fitted,
    }


def prepare(rows: Rows, facts: Facts) -> Tensor:
    """Return new rows as inputs of the network, (samples, ...).

    Args:
        rows: a table or its file with all columns that were learned from, in any order; an array, or an npz file of x.
        facts: by `describe_preparation`; of a table also its `missing`, `header`, `task_column` and `spellings`.

    Raises:
        UserError: for rows that lack a column or a value, or are of another shape.
    """
    needs_names = bool(facts["texts"] or facts.get("spellings"))
    if needs_names and isinstance(rows, np.ndarray):
        raise UserError("the new rows must be a table or its file, as some columns are texts, got an array")
    if isinstance(rows, np.ndarray):
        return _standardize(rows, facts)
    if facts["inputs"]:
        return _prepare_table(rows, facts)
    if isinstance(rows, pl.DataFrame):
        raise UserError("rows must be an array or an npz file, got a table")
    path = _existing(rows)
    name = "x" if "x" in list_npz(path) else "x_test"
    content, _ = read_npz(path, [name])
    if name not in content:
        raise UserError(f"{path} must have an array x, got none")
    return _standardize(content[name], facts)


def _prepare_table(rows: str | Path | pl.DataFrame, facts: Facts) -> Tensor:
    names, task_column, marks = facts["inputs"], facts.get("task_column"), facts.get("missing")
    roles = [task_column] if task_column else []
    frame = rows if isinstance(rows, pl.DataFrame) else _read(_existing(rows), facts, roles)
    for name in [*names, *roles]:
        if name not in frame.columns:
            raise unknown_name("column in the new rows", name, frame.columns)
    x = _standardize(_read_columns(frame, facts), facts)
    if not task_column:
        return x
    labels = read_labels(frame[task_column], "tasks", marks).astype(str)
    return with_task(x, _positions(labels, facts["tasks"]))


def _read(path: Path, facts: Facts, roles: Sequence[str]) -> pl.DataFrame:
    texts = [name for name, texts in zip(facts["inputs"], facts["texts"], strict=False) if texts]
    as_text = [*roles, *texts, *facts["spellings"]]
    table = read_table_file(path, facts.get("header"), as_text, facts["inputs"], fewest=1)
    if table.blank_rows:
        raise UserError(
            f"{path} must have no blank rows, got {table.blank_rows}: remove them, so that each prediction has its row"
        )
    return table.frame


def _read_columns(frame: pl.DataFrame, facts: Facts) -> np.ndarray:
    """The inputs as numbers without gaps, as in training."""
    if not facts["texts"] and not facts["spellings"]:
        return read_inputs(frame, facts["inputs"], facts["missing"])[0]
    x = read_new_columns(frame, facts)
    if not facts["texts"]:
        return x
    categories = [range(len(texts)) for texts in facts["texts"]]
    return encode(x, categories, medians=facts["medians"], lacking=facts["lacking"])


def _existing(path: str | Path) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"the new rows must be an existing file, got {path}")
    return file


def _positions(labels: np.ndarray, tasks: Sequence[str]) -> np.ndarray:
    """The number of each sample's task."""
    places = {task: place for place, task in enumerate(tasks)}
    for label in labels:
        if label not in places:
            raise UserError(f"the tasks of the new rows must be those of the training part, got {label}")
    return np.array([places[label] for label in labels])


def _standardize(x: np.ndarray, facts: Facts) -> Tensor:
    shape = tuple(facts["shape"])
    if x.shape[1:] != shape:
        raise UserError(f"the new rows must be of the shape (samples, {', '.join(map(str, shape))}), got {x.shape}")
    mean, std = np.array(facts["mean"]), np.array(facts["std"])
    standardizer = Standardizer(mean, std, low=np.zeros_like(mean), high=np.ones_like(mean))
    prepared = standardizer.apply(x, np.arange(len(x)))
    if not prepared.isfinite().all():
        raise UserError("the new rows must be finite numbers in the units of the training part")
    # A vector of features is one channel.
    axis = facts["channel_axis"]
    return prepared.unsqueeze(axis) if prepared.dim() == axis + 1 else prepared


def name_predictions(outputs: Tensor, facts: Facts) -> pl.DataFrame:
    """Return a network's outputs as predictions in the words and units of the user's file.

    Args:
        outputs: logits (samples, classes) or (samples, tasks, classes), or numbers (samples, targets); of pairs the
            embeddings (samples, 2, features).
        facts: by `describe_preparation`.

    Returns:
        A column `predicted` with the class or the number, one for each target where there are several, and of classes
        their probabilities. Of pairs their `distance`; of reconstructions one column per number.
    """
    columns: dict[str, Any] = {}
    outputs = outputs.double()
    if facts["kind"] == "pairs":
        return pl.DataFrame({"distance": (outputs[:, 0] - outputs[:, 1]).norm(dim=1).numpy()})
    if not facts["targets"] or facts["kind"] == "reconstruction":
        return number("output", outputs)
    is_one = len(facts["targets"]) == 1
    for place, (target, classes) in enumerate(zip(facts["targets"], facts["classes"], strict=True)):
        ending = "" if is_one else f" {target}"
        if classes:
            logits = outputs if outputs.dim() == 2 else outputs[:, place]
            probabilities = logits[:, : len(classes)].softmax(1)
            columns[f"predicted{ending}"] = [classes[index] for index in probabilities.argmax(1)]
            for index, name in enumerate(classes):
                columns[f"probability of {name}{ending}"] = probabilities[:, index].numpy()
        else:
            values = outputs.reshape(len(outputs), -1)[:, place]
            columns[f"predicted{ending}"] = (values * facts["target_std"][place] + facts["target_mean"][place]).numpy()
    return pl.DataFrame(columns)


def name_targets(y: Tensor, facts: Facts) -> pl.DataFrame:
    """Return encoded targets, (samples,) or (samples, targets), in the words and units of the user's file."""
    columns: dict[str, Any] = {}
    values = y.reshape(len(y), -1).double().numpy()
    if facts["kind"] == "reconstruction":
        return pl.DataFrame()
    for place, (target, classes) in enumerate(zip(facts["targets"], facts["classes"], strict=True)):
        if classes:
            columns[target] = [classes[int(index)] if index >= 0 else None for index in values[:, place]]
        else:
            columns[target] = values[:, place] * facts["target_std"][place] + facts["target_mean"][place]
    return pl.DataFrame(columns)


def number(name: str, values: Tensor) -> pl.DataFrame:
    """Return values that have no names of their own, (samples, ...), one column for each."""
    columns = values.reshape(len(values), -1).numpy()
    return pl.DataFrame({f"{name} {index}": column for index, column in enumerate(columns.T)})
