"""Whether runs can be trained, found out before any training."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from sharegap.errors import UserError
from sharegap.execute.build import build_data, build_network, build_objective, build_task, load_dataset
from sharegap.models import NetworkSpec
from sharegap.models.network import IncompatibleShapeError
from sharegap.plan.configs import choices, compose_config
from sharegap.plan.run import Run
from sharegap.sharing import Independent
from sharegap.training.objective import Objective


@dataclass(frozen=True)
class CheckedStructure:
    """A structure whose network was built once.

    Args:
        objective: of the first run of this structure, before training.
        build_seconds: how long it took to build.
    """

    objective: Objective
    build_seconds: float


def check_runs(runs: Iterable[Run]) -> dict[str, CheckedStructure]:
    """Build one network for each structure of `runs`, and return these by structure.

    Raises:
        UserError: for data, networks and methods that do not go together.
    """
    checked: dict[str, CheckedStructure] = {}
    for run in runs:
        if run.structure not in checked:
            checked[run.structure] = _check(run)
    return checked


def _check(run: Run) -> CheckedStructure:
    build_data([run])
    start = time.perf_counter()
    try:
        objective = build_objective(run)
    except IncompatibleShapeError as error:
        names = compatible_models(load_dataset(run).sample_shape, build_task(run).output_shape)
        raise UserError(f"{error}; compatible models: {', '.join(names) or 'none'}") from error
    seconds = time.perf_counter() - start
    if objective.scored_at == "best_val" and not run.config["dataset"]["n_validation"]:
        raise UserError("early stopping needs validation samples: set dataset.n_validation to more than 0")
    return CheckedStructure(objective, seconds)


def compatible_models(sample_shape: Sequence[int], output_shape: Sequence[int]) -> list[str]:
    """List the models whose networks take samples and give outputs of these shapes, by name."""
    return [name for name in choices("model") if _is_compatible(name, sample_shape, output_shape)]


def _is_compatible(model: str, sample_shape: Sequence[int], output_shape: Sequence[int]) -> bool:
    sizes = compose_config([], name=f"model/{model}").model.network
    try:
        with torch.device("meta"):
            build_network(sizes, NetworkSpec(sample_shape, output_shape, Independent))
    except IncompatibleShapeError:
        return False
    except UserError:
        pass  # a network that is only too large for these samples fits with other sizes than its defaults
    return True
