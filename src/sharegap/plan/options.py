"""What the options of a run may be, checked before torch is loaded or data are read."""

import math
from collections.abc import Mapping
from typing import Any

from sharegap.errors import UserError, check_int, check_range


def check_options(config: Mapping[str, Any]) -> None:
    """Raise UserError where a composed run has an option that no run can have."""
    training = config["training"]
    for name in ("steps", "batch_size", "evaluations"):
        check_int(f"training.{name}", training[name])
    if training["steps"] % training["evaluations"]:
        raise UserError(
            f"training.steps must be a multiple of training.evaluations={training['evaluations']}, "
            f"got {training['steps']}"
        )
    check_int("model.ensemble_size", config["model"]["ensemble_size"])
    rate = _check_number("optimizer.lr", config["optimizer"]["lr"])
    if not 0 < rate < math.inf:
        raise UserError(f"optimizer.lr must be a finite number > 0, got {rate}")
    seed = _check_number("seed", config["seed"])
    if seed != int(seed) or seed < 0:
        raise UserError(f"seed must be an integer >= 0, got {seed}")
    _check_strength("sharing", config["sharing"])
    for name, options in config["regularizer"].items():
        _check_strength(f"regularizer.{name}", options)


def _check_strength(path: str, options: Mapping[str, Any]) -> None:
    """A strength lies in the range that its file declares."""
    if "strength" in options:
        strength = _check_number(f"{path}.strength", options["strength"])
        if "range" in options:
            check_range(f"{path}.strength", strength, options["range"])


def _check_number(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{path} must be a number, got {value!r}")
    return value
