"""The model that is left: the chosen method, trained on all of the training part."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.split import split_sizes
from sharegap.data.user.preparation import prepare
from sharegap.errors import UserError
from sharegap.execute.build import load_dataset
from sharegap.execute.driver import Driver
from sharegap.execute.load import load
from sharegap.execute.saved_model import SavedModel, copy_model
from sharegap.plan.run import Run
from sharegap.plan.workload import RunList
from sharegap.results.sampling import sample_share

TEST_FILE, NEW_FILE = "test_predictions.csv", "predictions.csv"


def final_run(measured: Run, members: int) -> Run:
    """Return the run that is left: as measured, but without validation samples.

    Nothing is chosen on validation samples any more, so that they train, too. The steps stay: how long to train was not
    chosen on these data, and no sample is left that could say when to stop.

    Args:
        measured: a run of the chosen method at its setting.
        members: networks whose predictions are averaged, at least as many as the method has.
    """
    config: dict[str, Any] = copy.deepcopy(measured.config)
    config["dataset"] |= {"n_train": None, "n_validation": 0}
    config["model"]["ensemble_size"] = max(members, config["model"]["ensemble_size"])
    return Run(config).with_numbers({})


def train_final_model(driver: Driver, run: Run, *, fresh: bool = False) -> tuple[SavedModel, dict[str, Any]]:
    """Train the run that is left, write its model to the output folder, and return it with the run's row."""
    replace(driver, keep={*driver.keep, "weights"}).train(RunList([run]), fresh=fresh)
    folder = driver.store.folder
    copy_model(driver.store.model(run.id), folder)
    row = driver.store.runs().row(by_predicate=pl.col("run") == run.id, named=True)
    return load(folder), row


def write_predictions(model: SavedModel, dataset: Dataset, folder: Path, new_rows: str | None) -> list[Path]:
    """Write what a model predicts of the test part, beside the targets, and of a file with new rows.

    Args:
        model: the model.
        dataset: that it was trained on.
        folder: where to.
        new_rows: the file; None for none.

    Returns:
        The files.
    """
    written = [folder / TEST_FILE]
    model.compare(dataset.x_test, dataset.y_test).write_csv(written[0])
    if new_rows is not None:
        written.append(folder / NEW_FILE)
        model(new_rows).write_csv(written[1])
    return written


def check_data(run: Run, new_rows: str | None) -> None:
    """Raise a UserError if the run's data cannot be read, or the new rows not predicted by a model of them."""
    preparation: Mapping[str, Any] | None = load_dataset(run).preparation
    if new_rows is None:
        return
    if preparation is None:
        name = run.config["dataset"]["name"]
        raise UserError(f"predict must be left out for {name}, which is no file of yours")
    prepare(new_rows, preparation)


def describe_split(run: Run, score_name: str) -> tuple[int, int, float]:
    """Return how many samples a run trains on and validates on, and what one of the latter counts in a score."""
    options = run.config["dataset"]
    n_train, n_validation = split_sizes(load_dataset(run), options["n_train"], options["n_validation"])
    return n_train, n_validation, sample_share(score_name, n_validation)
