"""What is stored of each run on request, beside its row: its model, and its predictions."""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl

from sharegap.data.dataset import Dataset
from sharegap.data.split import split, split_sizes
from sharegap.execute.build import load_dataset
from sharegap.execute.saved_model import CONFIG, SavedModel, make_model, save_model
from sharegap.plan.run import Run
from sharegap.results import Store
from sharegap.results.stored_file import write_table
from sharegap.training.fleet import Fleet


def is_kept(store: Store, run: str, keep: Collection[str]) -> bool:
    """Whether all that is to be kept of a run is there."""
    paths = {"weights": store.model(run) / CONFIG, "predictions": store.predictions(run)}
    return all(paths[name].exists() for name in keep)


def keep_results(fleet: Fleet, runs: Sequence[Run], store: Store, keep: Collection[str]) -> None:
    """Store what is kept of each run of a trained fleet, at the weights at which the run is scored."""
    stacked = fleet.networks()[fleet.objectives.scored_at].state_dict()
    for index, run in enumerate(runs):
        tensors = {name: tensor[index].cpu().clone() for name, tensor in stacked.items()}
        dataset = load_dataset(run)
        if "weights" in keep:
            save_model(store.model(run.id), run, dataset, tensors)
        if "predictions" in keep:
            predicted = predict_samples(make_model(run, dataset, tensors), run, dataset)
            write_table(predicted, store.predictions(run.id))


def predict_samples(model: SavedModel, run: Run, dataset: Dataset) -> pl.DataFrame:
    """Return what a run's model predicts of all samples of the run.

    Returns:
        `split`: train, validation or test; `sample`: its number in the training part of the data set, which the first
        two are drawn from, or in the test part; the targets; and the predictions, as `SavedModel` gives them.
    """
    options = run.config["dataset"]
    sizes = split_sizes(dataset, options["n_train"], options["n_validation"])
    train, validation = split(dataset, run.config["seed"], *sizes)
    places = {"train": train, "validation": validation, "test": np.arange(len(dataset.x_test))}
    tables = []
    for name, samples in places.items():
        x, y = (dataset.x_test, dataset.y_test) if name == "test" else (dataset.x[samples], dataset.y[samples])
        if len(samples):
            numbered = pl.DataFrame({"sample": samples}).select(pl.lit(name).alias("split"), "sample")
            tables.append(pl.concat([numbered, model.compare(x, y)], how="horizontal"))
    return pl.concat(tables)
