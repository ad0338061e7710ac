"""Where runs are trained and stored, checked before torch is loaded: what a run is does not depend on it."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from omegaconf import DictConfig, OmegaConf
from pydantic import AfterValidator, BeforeValidator, ValidationInfo, field_validator

from sharegap.errors import UserError, check_int
from sharegap.plan.checker import Checker, Options, Target

ACCELERATORS = ("cpu", "gpu", "cuda", "auto")
STRATEGIES = ("auto", "ddp")
KEEP = ("weights", "predictions")
"""What may be stored of each run beside its row."""
PRECISIONS = ("32-true", "bf16-mixed", "bf16-true", "16-true", "64-true")


def _check_name(value: Any, names: tuple[str, ...]) -> str:
    if value in names:
        return str(value)
    raise ValueError(f"must be {', '.join(names[:-1])} or {names[-1]}")


def _check_strategy(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("_target_"), str):
        return value
    if value in STRATEGIES:
        return value
    raise UserError(f"must be auto, ddp or a section with a _target_, got {value!r}: trainer=ddp has one")


def as_names(keep: Any) -> tuple[str, ...]:
    """Return what option `keep` names: one name, a list, or null for none."""
    if keep is None:
        return ()
    is_list = isinstance(keep, Sequence) and not isinstance(keep, str)
    return tuple(keep) if is_list else (keep,)


def _check_keep(value: Any) -> tuple[str, ...]:
    return tuple(_check_name(name, KEEP) for name in as_names(value))


def _check_folder(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("must be the name of a folder")


class TrainerOptions(Options):
    """The options of Lightning's Trainer that choose hardware; the precision alone changes figures."""

    accelerator: Annotated[str, BeforeValidator(partial(_check_name, names=ACCELERATORS))]
    devices: Any
    num_nodes: Annotated[int, BeforeValidator(partial(check_int, ""))] = 1
    strategy: Annotated[Any, AfterValidator(_check_strategy)] = "auto"
    precision: Any

    @field_validator("devices")
    @classmethod
    def _are_there(cls, devices: Any, info: ValidationInfo) -> Any:
        if isinstance(devices, list) and devices and info.data.get("accelerator") != "cpu":
            for number in devices:
                check_int("", number, minimum=0)
            return devices
        return check_int("", devices)

    @field_validator("precision")
    @classmethod
    def _is_for_fleets(cls, precision: Any) -> Any:
        if str(precision) in ("16", "16-mixed"):
            raise UserError(
                f"must be another than {precision}, where one run that diverges would stop all: use bf16-mixed"
            )
        return _check_name(precision, PRECISIONS)


class EnvironmentOptions(Options):
    """Where runs are trained, stored and logged."""

    out: Annotated[str, BeforeValidator(_check_folder)]
    trainer: TrainerOptions
    logger: Target
    executor: Target
    fresh: bool = False
    keep: Annotated[Any, BeforeValidator(_check_keep)] = None


def check_environment(config: DictConfig) -> None:
    """Check the options of a program that are no part of a run.

    Raises:
        UserError: for the first that is wrong.
    """
    options: dict[str, Any] = {}
    for name in EnvironmentOptions.model_fields:
        if name in config:
            value = OmegaConf.select(config, name)
            options[name] = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    trainer: Any = options.get("trainer")
    known = TrainerOptions.model_fields
    for option in trainer if isinstance(trainer, dict) else ():
        if option not in known:
            raise UserError(
                f"trainer.{option} must be left out: the trainer's options are {', '.join(known)}, and what decides "
                "figures is an option of training or optimizer"
            )
    Checker(config, {}).check(EnvironmentOptions, options)
