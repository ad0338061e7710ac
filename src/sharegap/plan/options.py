"""What the options of a run may be, checked before torch is loaded or data are read."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from sharegap.errors import UserError, check_range, unknown_name
from sharegap.plan.checker import Checker, Count, MethodName, Number, Options, Positive, Seed, Target
from sharegap.plan.typed import option_names
from sharegap.results.schema import tuned_paths

SECTIONS = ("dataset", "model", "sharing", "regularizer", "optimizer", "training")
"""The sections of a config that decide a run's figures, beside its seed and precision."""

PathPosition = Annotated[Number, BeforeValidator(partial(check_range, "", interval="[0, inf]"))]
Control = Literal["start", "parameters", "structure"]


class PartialTarget(Target):
    """What is called later, with further arguments."""

    partial: bool = Field(alias="_partial_")

    @field_validator("partial")
    @classmethod
    def _is_partial(cls, partial: bool) -> bool:
        if not partial:
            raise ValueError("must be true")
        return partial


class DatasetOptions(Options):
    """A data set and its task."""

    name: str
    n_train: Number | None
    n_validation: Number
    load: Target
    task: Target
    augmentation: dict[str, Number] | None


class ModelOptions(Options):
    """A network."""

    name: str
    network: Target
    scaled_sizes: list[str] = Field(default=[])
    ensemble_size: Count
    match_width: Literal["narrow", "wide"] | None
    trainer: dict[str, Any] | None = None
    lr_factor: Positive | None = None
    grid: list[Number] | None = None

    @field_validator("scaled_sizes")
    @classmethod
    def _are_sizes(cls, names: list[str], info: ValidationInfo) -> list[str]:
        network = info.data.get("network")
        sizes = (network.model_extra or {}) if network else {}
        existing = {*sizes, *option_names(sizes)} if network else set(names)
        for name in names:
            if name not in existing:
                raise unknown_name("option of the network", name, sizes)
        return names


class Searched(Options):
    """What has a strength, with the range of it, a grid to search and the bounds of the search, the weakest first."""

    range: str | None = None
    strength: Number | None = None
    grid: list[Number] | None = None
    bounds: list[Number] | None = None

    @field_validator("strength", "grid", "bounds")
    @classmethod
    def _lies_in_range(cls, value: Any, info: ValidationInfo) -> Any:
        interval = info.data.get("range")
        if interval and value is not None:
            for strength in value if isinstance(value, list) else [value]:
                check_range("", strength, interval)
        return value

    @field_validator("bounds")
    @classmethod
    def _are_two(cls, bounds: list[float] | None) -> list[float] | None:
        if bounds is not None and len(bounds) != 2:
            raise ValueError("must be two numbers, the weakest first")
        return bounds


class SharingOptions(Searched):
    """A sharing strategy, and what it is as a method."""

    name: str
    tunes: str | list[str] | None = None
    path: str | None = None
    path_position: PathPosition | None = None
    control: Control | None = None
    strategy: PartialTarget


class RegularizerOptions(Searched):
    """A regularizer, with the arguments of its class."""

    model_config = ConfigDict(extra="allow")

    target: str = Field(alias="_target_")
    strength: Number


class OptimizerOptions(Options):
    """An optimizer."""

    name: str
    lr: Positive
    build: PartialTarget

    @field_validator("build")
    @classmethod
    def _leaves_out_what_is_given(cls, build: PartialTarget) -> PartialTarget:
        for name in ("lr", "params"):
            if name in (build.model_extra or {}):
                raise UserError(f"must be without {name}: optimizer.lr is the learning rate of all parameters")
        return build


class TrainingOptions(Options):
    """How long is trained, and by what steps."""

    batch_size: Count
    evaluations: Count
    steps: Count
    target_loss: Number
    warmup_steps: Count | None = None
    final_lr: Annotated[Number, BeforeValidator(partial(check_range, "", interval="[0, 1]"))] | None = None
    clip_norm: Positive | None = None


class MethodOptions(Options):
    """What a method says about itself: see `results.MethodFacts`."""

    tunes: str | list[str] | None = None
    path: str | None = None
    path_position: PathPosition | None = None
    control: Control | None = None
    combines: list[MethodName] | None = None

    @field_validator("combines")
    @classmethod
    def _are_two(cls, methods: list[str] | None) -> list[str] | None:
        if methods is not None and len(methods) != 2:
            raise ValueError("must be two methods, the sharing method first")
        return methods


class RunOptions(Options):
    """The config of a run."""

    seed: Seed
    dataset: DatasetOptions
    model: ModelOptions
    sharing: SharingOptions
    regularizer: dict[str, RegularizerOptions]
    optimizer: OptimizerOptions
    training: TrainingOptions
    method: MethodOptions = MethodOptions()
    # Where the run is trained and stored: others check it.
    out: Any = None
    fresh: Any = None
    keep: Any = None
    trainer: Any = None
    logger: Any = None
    executor: Any = None
    hydra: Any = None


def read_options(config: DictConfig, chosen: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what decides a run's figures, resolved.

    Args:
        config: as composed.
        chosen: by group, the names of the files that it was composed from, as far as they are known.

    Raises:
        UserError: for an option that no run can have.
    """
    options = {}
    for section in (*SECTIONS, "method"):
        if section in config:
            value = config[section]
            options[section] = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    checker = Checker(config, chosen)
    checker.check(RunOptions, dict.fromkeys(map(str, config)) | options | {"seed": config.get("seed")})
    _check_together(checker, options)
    return {"method": {}, "seed": config.seed, "precision": config.trainer.precision} | options


def _check_together(checker: Checker, options: Mapping[str, Any]) -> None:
    """Check what one option says of another."""
    training, model, sharing = options["training"], options["model"], options["sharing"]
    steps, evaluations = training["steps"], training["evaluations"]
    if steps % evaluations:
        raise UserError(f"training.steps must be a multiple of training.evaluations={evaluations}, got {steps}")
    warmup_steps = training.get("warmup_steps")
    if warmup_steps is not None and warmup_steps > steps:
        raise UserError(f"training.warmup_steps must be <= training.steps={steps}, got {warmup_steps}")
    if model["match_width"] and not model.get("scaled_sizes"):
        raise checker.missing(("model", "scaled_sizes"))
    if (model.get("trainer") is None) != (model.get("lr_factor") is None):
        raise UserError("model.trainer and model.lr_factor are options of model=lightning_module only")
    for section, declared in (("sharing", sharing), ("method", options.get("method", {}))):
        for path in tuned_paths(declared.get("tunes")):
            if OmegaConf.select(checker.config, path) is None:
                sentence = f"{section}.tunes: {unknown_name('option', path, option_names(options))}"
                raise checker.fault((section, "tunes"), declared["tunes"], sentence)
    paths = [*tuned_paths(sharing.get("tunes")), *tuned_paths(options.get("method", {}).get("tunes"))]
    if sharing.get("grid") and not any(path.startswith("sharing.") for path in paths):
        sentence = "sharing.tunes must be the path of the option that sharing.grid is for, got nothing"
        raise checker.fault(("sharing", "grid"), sharing["grid"], sentence)
