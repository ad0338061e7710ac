"""Whether runs can be trained, found out before any training."""

import copy
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from pytorch_lightning import Callback
from pytorch_lightning.utilities.seed import isolate_rng

from sharegap.errors import UserError
from sharegap.execute.build import build_data, build_network, build_objective, build_task, fleet_of, load_dataset
from sharegap.models import NetworkSpec
from sharegap.models.network import IncompatibleShapeError
from sharegap.plan.arguments import check_arguments
from sharegap.plan.configs import choices, compose_config
from sharegap.plan.run import Run, trains_itself
from sharegap.plan.targets import instantiate
from sharegap.plan.user_code import targets_in
from sharegap.sharing import Independent
from sharegap.training.fit import make_trainer
from sharegap.training.module_trainer import check_regularizers, check_trainer_options, lightning_of, module_of
from sharegap.training.objective import Objective
from sharegap.training.trial import try_network, try_optimizer


@dataclass(frozen=True)
class CheckedStructure:
    """A structure whose network was built once.

    Args:
        objective: of the first run of this structure, before training.
        build_seconds: how long it took to build.
        alone: why its runs are trained one by one; None where they can train side by side.
    """

    objective: Objective
    build_seconds: float
    alone: str | None


def check_runs(runs: Iterable[Run]) -> dict[str, CheckedStructure]:
    """Build one network for each structure of `runs` and try it, and return these by structure.

    Raises:
        UserError: for data, networks, methods and optimizers that do not go together.
    """
    structures: dict[str, list[Run]] = {}
    for run in runs:
        structures.setdefault(run.structure, []).append(run)
    return {structure: _check(members) for structure, members in structures.items()}


def _check(runs: Sequence[Run]) -> CheckedStructure:
    run = runs[0]
    if "???" in targets_in(run.config):
        raise UserError(
            "model.network.module._target_ must be a class or function, such as my_package.make_net, got none"
        )
    check_arguments(run.config)
    build_data([run])
    start = time.perf_counter()
    try:
        objective = build_objective(run)
    except IncompatibleShapeError as error:
        dataset = load_dataset(run)
        names = compatible_models(dataset.sample_shape, build_task(run).output_shape, has_tokens=dataset.has_tokens)
        raise UserError(f"{error}; compatible models: {', '.join(names) or 'none'}") from error
    seconds = time.perf_counter() - start
    if objective.scored_at == "best_val" and not run.config["dataset"]["n_validation"]:
        raise UserError("early stopping needs validation samples: set dataset.n_validation to more than 0")
    return CheckedStructure(objective, seconds, _why_alone(runs, objective))


def _why_alone(runs: Sequence[Run], objective: Objective) -> str | None:
    config, dataset = runs[0].config, load_dataset(runs[0])
    objectives = [objective]
    if "code" in config and len(runs) > 1:  # a class of the user's may keep a number where a fleet does not see it
        objectives.append(build_objective(runs[-1]))
    for member in objective.network.members:
        member.require_fit(dataset.x[:2])
    if trains_itself(config):
        _try_module(runs[0], objective)
        return f"{type(module_of(objective)).__name__} trains by its own training step and optimizers"
    measures_copies = bool(config["dataset"]["n_validation"] and objective.shared_weights())
    shapes = frozenset(parameter.shape for parameter in objective.parameters())
    why_optimizer = _try_optimizer(json.dumps(config["optimizer"]), shapes)
    why_network = try_network(objectives, dataset.x, dataset.y, measures_copies)
    return why_optimizer or why_network


def _try_module(run: Run, objective: Objective) -> None:
    """Train the LightningModule of a run on one batch, and raise UserError where that is not possible."""
    if len(objective.network.members) > 1:
        raise UserError("model.ensemble_size must be 1 for model=lightning_module: leave out ensembles")
    check_trainer_options(run.config["model"]["trainer"])
    check_regularizers(objective.regularizer_modules)
    lightning_of(module_of(objective))
    fleet = fleet_of([run], [objective])

    def stop() -> None:
        fleet.trainer.should_stop = True

    fleet.on_step = stop
    hardware = {"accelerator": "cpu", "devices": 1, "precision": run.config["precision"]}
    try:
        with isolate_rng():
            make_trainer(fleet, hardware, Callback()).fit(fleet, fleet.data)
    except UserError:
        raise
    except Exception as error:  # whatever a user's module raises
        said = (str(error).splitlines() or [""])[0]
        raise UserError(
            f"{type(module_of(objective)).__name__} must train on batches [x, y] of this data set, got "
            f"{type(error).__name__}: {said}"
        ) from error


@cache
def _try_optimizer(options: str, shapes: frozenset[torch.Size]) -> str | None:
    config = json.loads(options)
    build = config["build"]
    try:
        return try_optimizer(instantiate(copy.deepcopy(build)), sorted(shapes), config["lr"])
    except UserError:
        raise
    except (TypeError, ValueError, RuntimeError) as error:
        target: str = build["_target_"]
        if not target.startswith("torch."):
            raise  # a user's own, whose traceback is wanted
        given = [f"{option}={value}" for option, value in build.items() if option[0] != "_"]
        raise UserError(
            f"optimizer.build must be what {target.rpartition('.')[2]} can train this model with, got "
            f"{', '.join(given) or 'no options'}: {str(error).splitlines()[0]}"
        ) from error


def compatible_models(sample_shape: Sequence[int], output_shape: Sequence[int], *, has_tokens: bool) -> list[str]:
    """List the models whose networks take such samples and give outputs of this shape, by name."""
    complete = [name for name, choice in choices("model").items() if choice.is_complete]
    spec = NetworkSpec(sample_shape, output_shape, Independent, has_tokens=has_tokens)
    return [name for name in complete if _is_compatible(name, spec)]


def _is_compatible(model: str, spec: NetworkSpec) -> bool:
    sizes = compose_config([], name=f"model/{model}").model.network
    try:
        with torch.device("meta"):
            build_network(sizes, spec)
    except IncompatibleShapeError:
        return False
    except UserError:
        pass  # a network that is only too large for these samples fits with other sizes than its defaults
    return True
