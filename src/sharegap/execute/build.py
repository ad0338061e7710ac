"""From a run's config to the objects that train it."""

import json
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sharegap.data.dataset import Dataset
from sharegap.data.duplicates import with_duplicates
from sharegap.data.mapped import map_dataset, save_dataset
from sharegap.data.prepare import prepare
from sharegap.data.split import split, split_sizes
from sharegap.execute.match_width import match_width
from sharegap.models import Ensemble, Network, NetworkSpec
from sharegap.plan.run import Run, digest, trains_itself
from sharegap.plan.targets import instantiate
from sharegap.regularizers import Regularizer
from sharegap.seeding import derive_seed
from sharegap.sharing import SharingFactory
from sharegap.tasks import Task
from sharegap.training.datamodule import FleetData
from sharegap.training.fleet import Fleet
from sharegap.training.module_fleet import ModuleFleet
from sharegap.training.objective import Objective
from sharegap.training.schedule import Schedule

_shared: Path | None = None
"""Where this process looks for data sets before it builds them."""


def build_objective(run: Run, dataset: Dataset | None = None) -> Objective:
    """Build the run's network before training, with its regularizers; the same seed always starts the same.

    Args:
        run: what is built.
        dataset: what the network is for; by default the run's.
    """
    config = run.config
    dataset = dataset or load_dataset(run)
    task = build_task(run, dataset)
    regularizers = {name: instantiate(options) for name, options in config["regularizer"].items()}
    sizes = _network_sizes(json.dumps(config["model"], sort_keys=True), dataset.sample_shape, task.output_shape)
    spec = NetworkSpec(
        dataset.sample_shape,
        task.output_shape,
        instantiate(config["sharing"]["strategy"]),
        partial(_make_hidden_layer, list(regularizers.values())),
        has_tokens=dataset.has_tokens,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(config["seed"], "init"))
        members = [build_network(sizes, spec) for _ in range(config["model"]["ensemble_size"])]
    network = members[0] if len(members) == 1 else Ensemble(members, task.average)
    strength = config["sharing"].get("strength", 0.0)
    augmentation = config["dataset"]["augmentation"] or {}
    return Objective(network, task, strength, regularizers, augmentation, config["training"]["steps"])


def build_network(sizes: Mapping[str, Any], spec: NetworkSpec) -> Network:
    """Build the network that a model's `_target_` and sizes describe."""
    network: Network = instantiate(sizes, spec, _convert_="all")
    return network


def build_task(run: Run, dataset: Dataset | None = None) -> Task:
    """Build the task of the run's data set, or of another."""
    task: Task = instantiate(run.config["dataset"]["task"], dataset or load_dataset(run))
    return task


def build_fleet(runs: Sequence[Run]) -> Fleet:
    """Build one fleet of runs that agree in structure."""
    return fleet_of(runs, [build_objective(run) for run in runs])


def fleet_of(runs: Sequence[Run], objectives: Sequence[Objective]) -> Fleet:
    """Make a fleet of `runs` from an objective for each."""
    config = runs[0].config
    training, data = config["training"], build_data(runs)
    rates = [run.config["optimizer"]["lr"] for run in runs]
    if trains_itself(config):
        options = instantiate(config["model"]["trainer"], _convert_="all")
        return ModuleFleet(objectives[0], options, rates[0], data, training["evaluations"])
    schedule = Schedule([run.config["training"] for run in runs])
    build = instantiate(config["optimizer"]["build"])
    return Fleet(objectives, rates, build, data, training["evaluations"], schedule)


def build_data(runs: Sequence[Run]) -> FleetData:
    """Split off the samples of each run by its seed."""
    options, training = runs[0].config["dataset"], runs[0].config["training"]
    datasets = [load_dataset(run) for run in runs]
    n_train, n_validation = split_sizes(datasets[0], options["n_train"], options["n_validation"])
    return FleetData(
        datasets,
        [run.config["seed"] for run in runs],
        n_train=n_train,
        n_validation=n_validation,
        batch_size=training["batch_size"],
        steps=training["steps"],
        interval=training["steps"] // training["evaluations"],
    )


def load_dataset(run: Run) -> Dataset:
    """Load the run's data set, once per process; where it is redrawn or prepared, that is one for each seed."""
    options, sizes = _load_options(run), run.config["dataset"]
    if not _load(options).categories:
        return _load(options)
    return _prepare(options, run.config["seed"], sizes["n_train"], sizes["n_validation"])


def share_datasets(runs: Iterable[Run], folder: Path) -> None:
    """Write the data sets of `runs` for other processes to map, those that are redrawn for each seed left out.

    What is written already stays. A data set that cannot be written is left out too, and a warning says so.

    Args:
        runs: whose data sets this process can load.
        folder: of this command alone, as the code that builds data sets may change from one to the next.
    """
    names = {_load_options(run): run.config["dataset"]["name"] for run in runs if not _is_redrawn(run)}
    for options, name in names.items():
        target = folder / digest(options)
        if map_dataset(target) is not None:
            continue
        dataset = _load(options)
        try:
            save_dataset(dataset, target)
        except (OSError, TypeError, ValueError) as error:
            shutil.rmtree(target, ignore_errors=True)  # a disk that is full has no room for a part of it
            warnings.warn(f"every process loads {name} itself, as it cannot be shared: {error}", stacklevel=2)


def use_shared_datasets(folder: Path | None) -> None:
    """Have this process map the data sets that `share_datasets` wrote, also in place of those that it has loaded.

    Args:
        folder: where they are; a data set that is not there, or damaged, is built. None to build all.
    """
    global _shared
    _shared = folder
    _load.cache_clear()
    _prepare.cache_clear()


def _is_redrawn(run: Run) -> bool:
    return bool(run.config["dataset"]["load"].get("redraw"))


def _load_options(run: Run) -> str:
    """What decides the samples of a run's data set, as JSON."""
    options = run.config["dataset"]["load"]
    if _is_redrawn(run):
        options = options | {"redraw": derive_seed(run.config["seed"], "data")}
    return json.dumps(options, sort_keys=True)


@cache
def _load(options: str) -> Dataset:
    mapped = map_dataset(_shared / digest(options)) if _shared else None
    return with_duplicates(instantiate(json.loads(options))) if mapped is None else mapped


@cache
def _prepare(options: str, seed: int, n_train: int | None, n_validation: float) -> Dataset:
    """The data set as the training samples of a run prepare it."""
    dataset = _load(options)
    return prepare(dataset, split(dataset, seed, *split_sizes(dataset, n_train, n_validation))[0])


@cache
def _network_sizes(model: str, sample_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> dict[str, Any]:
    """The `_target_` and sizes of a model (as JSON); others where its width is to be matched."""
    config = json.loads(model)
    sizes: dict[str, Any] = config["network"]
    if not config["match_width"]:
        return sizes

    def build(candidate: dict[str, Any], sharing: SharingFactory) -> nn.Module:
        return build_network(candidate, NetworkSpec(sample_shape, output_shape, sharing))

    return match_width(sizes, config["scaled_sizes"], build, config["match_width"])


def _make_hidden_layer(regularizers: Sequence[Regularizer]) -> nn.Module:
    """What follows each activation: what the regularizers put there, in their order."""
    layers = nn.Sequential()
    for regularizer in regularizers:
        layer = regularizer.make_hidden_layer()
        if layer is not None:
            layers.append(layer)
    return layers
