"""From a run's config to the objects that train it."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import nn

from sharegap.data.dataset import Dataset
from sharegap.data.split import split_sizes
from sharegap.errors import UserError, check_int
from sharegap.execute.fitting import compatible_models
from sharegap.execute.match_width import match_width
from sharegap.models import Ensemble
from sharegap.models.network import IncompatibleShapeError
from sharegap.plan.run import Run
from sharegap.seeding import derive_seed
from sharegap.sharing import SharingFactory
from sharegap.sharing.strategy import check_strength
from sharegap.training.datamodule import FleetData
from sharegap.training.fleet import Fleet
from sharegap.training.objective import Objective


def build_objective(run: Run) -> Objective:
    """The run's network before training, with its regularizers; the same seed always starts the same."""
    config = run.config
    dataset = load_dataset(run)
    task = instantiate(config["dataset"]["task"], dataset)
    regularizers = {name: instantiate(options) for name, options in config["regularizer"].items()}
    options = _network_options(json.dumps(config["model"], sort_keys=True), dataset.sample_shape, task.output_shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(config["seed"], "init"))
        members = [
            instantiate(
                options,
                sharing=instantiate(config["sharing"]["strategy"]),
                hidden=_hidden([*regularizers.values()]),
                _convert_="all",
            )
            for _ in range(check_int("model.ensemble_size", config["model"]["ensemble_size"]))
        ]
    network = members[0] if len(members) == 1 else Ensemble(members, task.average)
    strength = check_strength(config["sharing"].get("strength", 0.0))
    return Objective(network, task, strength, regularizers, config["dataset"]["augmentation"] or {})


def build_fleet(runs: Sequence[Run]) -> Fleet:
    """One fleet of runs that agree in structure."""
    training = runs[0].config["training"]
    return Fleet(
        [build_objective(run) for run in runs],
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
        *split_sizes(dataset, options["n_train"], options["n_validation"]),
        training["batch_size"],
        training["steps"] // training["evaluations"],
    )


def check(run: Run) -> None:
    """Raises UserError where the run could not be trained, before anything is."""
    training, rate = run.config["training"], run.config["optimizer"]["lr"]
    for name in ("steps", "batch_size", "evaluations"):
        check_int(f"training.{name}", training[name])
    if training["steps"] % training["evaluations"]:
        raise UserError(
            f"training.steps={training['steps']} is not a multiple of training.evaluations={training['evaluations']}: "
            "change one of them"
        )
    if not 0 < rate < float("inf"):
        raise UserError(f"optimizer.lr is {rate}: it must be more than 0 and finite")
    build_data([run])
    try:
        objective = build_objective(run)
    except InstantiationException as error:
        if not isinstance(error.__cause__, IncompatibleShapeError):
            raise
        dataset = load_dataset(run)
        others = compatible_models(
            dataset.sample_shape, instantiate(run.config["dataset"]["task"], dataset).output_shape
        )
        named = ", ".join(others) or "none"
        raise UserError(f"{error.__cause__}; models that can take these data: {named}") from error
    if objective.scored_at == "best_val" and not run.config["dataset"]["n_validation"]:
        raise UserError("early stopping needs validation samples: set dataset.n_validation to more than 0")


def check_runs(runs: Iterable[Run]) -> None:
    """Checks one run of each config, whatever its seed."""
    for run in {json.dumps({**run.config, "seed": 0}, sort_keys=True): run for run in runs}.values():
        check(run)


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
    if not config["match_width"]:
        return config["network"] | shapes

    def build(options: dict[str, Any], sharing: SharingFactory) -> nn.Module:
        network: nn.Module = instantiate(options, sharing=sharing, hidden=nn.Identity, _convert_="all")
        return network

    return match_width(config["network"] | shapes, config["scaled_sizes"], build)


def _hidden(regularizers: Sequence[Any]) -> Callable[[], nn.Module]:
    """Makes what follows each activation: what the regularizers put there, in their order."""
    return lambda: nn.Sequential(*(layer for r in regularizers if (layer := r.hidden()) is not None))
