"""What `sharegap choose` is asked, and the suite of one study that answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from omegaconf import DictConfig, OmegaConf
from pydantic import AfterValidator

from sharegap.errors import UserError
from sharegap.plan.checker import Checker, Count, MethodName, Options, Positive
from sharegap.plan.schema import ELSEWHERE
from sharegap.plan.suite import ComposedSuite, compose_suite

SUITE, BASELINE = "choice", "none"
"""The name of the suite, and the method that all others are compared with."""
COMPARED = ("method", "sharing", "regularizer")
"""Options of a run that a method decides."""


def _check_methods(names: list[str] | None) -> list[str] | None:
    if names is None:
        return None
    if BASELINE not in names or len(set(names)) < 2:
        raise ValueError(f"must hold {BASELINE} and another method")
    return list(dict.fromkeys(names))


class QuestionOptions(Options):
    """The options of `sharegap choose` that no run has."""

    minutes: Positive
    methods: Annotated[list[MethodName] | None, AfterValidator(_check_methods)] = None
    trials: Count | None = None
    seeds: Count | None = None
    members: Count = 1
    predict: str | None = None


OWN = tuple(QuestionOptions.model_fields)


@dataclass(frozen=True)
class Size:
    """How much is searched and measured.

    Args:
        trials: settings that each method tries.
        tuning_seeds: runs of each trial.
        seeds: runs that measure each method.
        learning_rates: factors of the learning rate that are tried, 1 first.
    """

    trials: int
    tuning_seeds: int
    seeds: int
    learning_rates: tuple[float, ...] = (1,)


def read_question(config: DictConfig, typed: Sequence[str]) -> QuestionOptions:
    """Check what the command alone has as options.

    Args:
        config: as composed.
        typed: the options of the command line.

    Raises:
        UserError: for the first that is wrong.
    """
    for word in typed:
        if word.partition("=")[0].lstrip("+~") in COMPARED:
            raise UserError(f"methods=[...] names what is compared, e.g. methods=[none,soft]: leave out {word}")
    values: dict[str, Any] = OmegaConf.to_container(config, resolve=False)  # type: ignore[assignment]
    question = Checker(config, {}).check(QuestionOptions, {name: values[name] for name in OWN})
    if question.seeds == 1:
        raise UserError("seeds must be an integer >= 2, got 1: a single run shows no difference for sure")
    return question


def run_options(typed: Sequence[str]) -> list[str]:
    """Return the options of the command line that all runs have.

    Example:
        >>> run_options(["dataset=table", "minutes=3", "trainer=gpu", "training.steps=500"])
        ['dataset=table', 'training.steps=500']
    """
    others = (*OWN, *ELSEWHERE)
    return [word for word in typed if word.lstrip("+~").partition("=")[0].partition(".")[0] not in others]


def run_config(config: DictConfig) -> DictConfig:
    """Return what a run has of the command's config."""
    return OmegaConf.masked_copy(config, [name for name in map(str, config) if name not in OWN])


def study_name(config: DictConfig) -> str:
    """Return the name of the data: that of the user's file, or of the data set."""
    path = config.dataset.get("path")
    return Path(str(path)).stem if path else str(config.dataset.name)


def compose_question(
    study: str, options: Sequence[str], methods: Sequence[str], size: Size, precision: str
) -> ComposedSuite:
    """Return the suite that answers a question.

    Args:
        study: the name of its data.
        options: of all runs.
        methods: what is compared.
        size: how much is searched and measured.
        precision: the trainer's.
    """
    suite = {
        "name": SUITE,
        "baseline": BASELINE,
        "methods": list(methods),
        "studies": {study: list(options)},
        "trials": size.trials,
        "tuning_seeds": size.tuning_seeds,
        "seeds": size.seeds,
        "learning_rates": list(size.learning_rates),
        "overrides": [],
        "sizes": None,
        "exclude": {},
        "anchors": True,
        "negative_controls": [],
        "published": {},
        "tolerance": None,
        "deviations": None,
    }
    return compose_suite(OmegaConf.create(suite), precision)
