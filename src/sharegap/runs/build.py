"""From a run's config to the objects that train it."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import nn

from sharegap.data import Dataset
from sharegap.data.dataset import part_sizes
from sharegap.errors import UserError, check_count
from sharegap.models import Ensemble
from sharegap.models.network import MisfitError
from sharegap.runs.fitting import fitting
from sharegap.runs.narrow import narrowed
from sharegap.runs.run import Run
from sharegap.seeds import derive
from sharegap.sharing import SharingFactory
from sharegap.sharing.strategy import check_strength
from sharegap.training.data import FleetData
from sharegap.training.fleet import Fleet
from sharegap.training.learner import Learner


def build_learner(run: Run) -> Learner:
    """The run's network before training, with its regularizers; the same seed always starts the same."""
    config = run.config
    dataset = load_dataset(run)
    task = instantiate(config["dataset"]["task"], dataset)
    regularizers = {name: instantiate(options) for name, options in config["regularizer"].items()}
    options = _network_options(json.dumps(config["model"], sort_keys=True), dataset.sample_shape, task.output_shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(config["seed"], "init"))
        members = [
            instantiate(
                options,
                sharing=instantiate(config["sharing"]["site"]),
                hidden=_hidden([*regularizers.values()]),
                _convert_="all",
            )
            for _ in range(check_count("model.members", config["model"]["members"], as_is=True))
        ]
    network = members[0] if len(members) == 1 else Ensemble(members, task.average)
    strength = check_strength(config["sharing"].get("strength", 0.0))
    return Learner(network, task, strength, regularizers, config["dataset"]["augmentation"] or {})


def build_fleet(runs: Sequence[Run]) -> Fleet:
    """One fleet of runs that agree in structure."""
    training = runs[0].config["training"]
    return Fleet(
        [build_learner(run) for run in runs],
        [run.config["optimizer"]["lr"] for run in runs],
        instantiate(runs[0].config["optimizer"]["build"]),
        build_data(runs),
        training["evaluations"],
        training["target_loss"],
    )


def build_data(runs: Sequence[Run]) -> FleetData:
    """The samples of each run, split off by its seed."""
    options, training = runs[0].config["dataset"], runs[0].config["training"]
    dataset = load_dataset(runs[0])
    return FleetData(
        dataset,
        [run.config["seed"] for run in runs],
        *part_sizes(dataset, options["n_train"], options["n_validation"]),
        training["batch_size"],
        training["steps"] // training["evaluations"],
    )


def check(run: Run) -> None:
    """Raises UserError where the run could not be trained, before anything is."""
    training, rate = run.config["training"], run.config["optimizer"]["lr"]
    for name in ("steps", "batch_size", "evaluations"):
        check_count(f"training.{name}", training[name], as_is=True)
    if training["steps"] % training["evaluations"]:
        raise UserError(
            f"training.steps={training['steps']} is not a multiple of training.evaluations={training['evaluations']}: "
            "change one of them"
        )
    if not 0 < rate < float("inf"):
        raise UserError(f"optimizer.lr is {rate}: it must be more than 0 and finite")
    build_data([run])
    try:
        learner = build_learner(run)
    except InstantiationException as error:
        if not isinstance(error.__cause__, MisfitError):
            raise
        dataset = load_dataset(run)
        others = fitting(dataset.sample_shape, instantiate(run.config["dataset"]["task"], dataset).output_shape)
        named = ", ".join(others) or "none"
        raise UserError(f"{error.__cause__}; models that can take these data: {named}") from error
    if learner.scored_at == "best" and not run.config["dataset"]["n_validation"]:
        raise UserError("early stopping needs validation samples: set dataset.n_validation to more than 0")


def load_dataset(run: Run) -> Dataset:
    """The run's data set, loaded once per process."""
    return _load(json.dumps(run.config["dataset"]["load"], sort_keys=True))


@cache
def _load(options: str) -> Dataset:
    return instantiate(json.loads(options))


@cache
def _network_options(model: str, sample_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> dict[str, Any]:
    """What makes the network of a model (as JSON) on these data, save its sharing and hidden layers."""
    config = json.loads(model)
    shapes = {"sample_shape": list(sample_shape), "output_shape": list(output_shape)}
    if not config["narrow"]:
        return config["network"] | shapes

    def build(options: dict[str, Any], sharing: SharingFactory) -> nn.Module:
        network: nn.Module = instantiate(options, sharing=sharing, hidden=nn.Identity, _convert_="all")
        return network

    return narrowed(config["network"] | shapes, config["widths"], build)


def _hidden(regularizers: Sequence[Any]) -> Callable[[], nn.Module]:
    """Makes what follows each activation: what the regularizers put there, in their order."""
    return lambda: nn.Sequential(*(layer for r in regularizers if (layer := r.hidden()) is not None))
