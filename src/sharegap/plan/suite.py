"""From a suite's few lines to all its runs, and the plan that says what each stands for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError, check_int, unknown_name
from sharegap.plan.configs import choices
from sharegap.plan.published import deviations_of, published_facts
from sharegap.plan.run import Run
from sharegap.results import PLAN, MethodFacts, SuiteFacts

Trial = tuple[float | None, float]
"""A strength, where the method has one, and a learning rate."""


def expand(suite: DictConfig, precision: str) -> tuple[pl.DataFrame, dict[str, Run]]:
    """The plan of a suite, in the columns of PLAN, and its runs by their ids.

    `precision` is the trainer's. Hydra must be initialized with the project's configs, as in a Hydra program.
    Raises UserError where grids differ in length.
    """
    check_int("suite.seeds", suite.seeds)
    plan: list[dict[str, Any]] = []
    runs: dict[str, Run] = {}
    for series, study, options in _studies(suite):
        shared = [*options, f"trainer.precision={precision}"]
        configs = {name: compose("config", [*shared, f"method={name}"]) for name in _methods(suite, series)}
        for method, trials in trials_of(configs, suite.learning_rates or [1.0]).items():
            config = configs[method]
            labels = {"suite": suite.name, "series": series, "study": study, "method": method}
            for trial, (strength, rate) in enumerate(trials):
                if strength is not None:
                    OmegaConf.update(config, config.method.tunes, strength)
                OmegaConf.update(config, "optimizer.lr", rate)
                tried = Run.of(config)
                labels |= {"trial": trial}
                for seed in range(suite.seeds):
                    run = tried.with_numbers({"seed": config.seed + seed})
                    runs[run.id] = run
                    plan.append(labels | {"seed": seed, "run": run.id})
    return pl.DataFrame(plan, schema=PLAN), runs


def trials_of(
    configs: Mapping[str, DictConfig], factors: Sequence[float]
) -> dict[str, list[tuple[float | None, float]]]:
    """What each method of a study tries, in the order in which ties are broken.

    Every strength meets every learning rate, which is the config's own times each of `factors`. A method without
    strengths spends the same number of trials on learning rates between the same ends. Strengths go from weak to
    strong; of the learning rates the config's own comes first, then those nearest to it.
    """
    grids = {method: grid_of(config) for method, config in configs.items()}
    sizes = {method: len(grid) for method, grid in grids.items() if configs[method].method.tunes}
    if len(set(sizes.values())) > 1:
        raise UserError(f"every method must have the same number of strengths to choose from, not {sizes}")
    trials = {}
    for method, grid in grids.items():
        own = configs[method].optimizer.lr
        more = 1 if method in sizes else max(sizes.values(), default=1)
        trials[method] = [(strength, rate) for strength in grid for rate in _rates(own, factors, more)]
        if len(trials[method]) > 1 and not configs[method].dataset.n_validation:
            raise UserError(f"{method} needs validation samples to choose its settings: set dataset.n_validation")
    return trials


def _rates(own: float, factors: Sequence[float], times: int) -> list[float]:
    """`own` times each of the `factors`, and so many between them as make `times` as many; the nearest to own first."""
    if list(factors) == [1.0]:
        return [own]
    valid = 1.0 in factors and all(isinstance(each, int | float) and 0 < each < math.inf for each in factors)
    if not valid or len(set(factors)) < max(2, len(factors)):
        raise UserError(
            f"suite.learning_rates is {list(factors)}: it must be null, or two or more different factors of the data "
            "set's own learning rate, all above 0 and one of them 1"
        )
    logs = sorted(math.log(factor) for factor in factors)
    number = times * len(factors)
    between = np.interp(np.linspace(0, len(logs) - 1, number), range(len(logs)), logs)
    return [float(f"{own * math.exp(log):.6g}") for log in sorted(between, key=lambda log: (round(abs(log), 9), log))]


def _studies(suite: DictConfig) -> Iterator[tuple[str, str, list[str]]]:
    """Each study's series, name and options; a suite with `sizes` has one study per series and training-set size."""
    for series, options in suite.studies.items():
        if not suite.sizes:
            yield series, series, [*options, *suite.overrides]
        for size in suite.sizes or []:
            yield series, f"{series}_{size}", [*options, *suite.overrides, f"dataset.n_train={size}"]


def suite_facts(suite: DictConfig) -> SuiteFacts:
    """Return the facts about a suite that no run carries: its baseline, its methods and what is published of them.

    Raises:
        UserError: for a published entry or method that does not exist, and for a value without a tolerance.
    """
    facts = SuiteFacts(
        name=suite.name,
        baseline=suite.get("baseline", "none"),
        learning_rates=list(suite.learning_rates) if suite.learning_rates else None,
        methods={},
        published={},
        deviations={},
    )
    for method in suite.methods:
        declared = compose("config", [f"method={method}"]).method
        facts["methods"][method] = MethodFacts(
            tunes=declared.tunes,
            path=declared.get("path"),
            path_position=declared.get("path_position"),
            control=declared.get("control"),
            combines=list(declared.combines) if "combines" in declared else None,
        )
    for series, study, _ in _studies(suite):
        deviations = deviations_of(suite, series)
        if deviations is not None:
            facts["deviations"][study] = deviations
        published = {method: published_facts(suite, series, method) for method in _methods(suite, series)}
        facts["published"][study] = {method: entries for method, entries in published.items() if entries}
    return facts


def _methods(suite: DictConfig, series: str) -> list[str]:
    """The suite's methods, less those that make no sense in these studies."""
    known = choices("method")
    without = suite.exclude.get(series, [])
    for method in without:
        if method not in known:
            raise unknown_name(f"method in suite.exclude.{series}", method, known)
    return [method for method in suite.methods if method not in without]


def grid_of(config: DictConfig) -> list[float | None]:
    """The strengths to try, weak to strong; a method that tunes nothing has one empty choice.

    `method.tunes` is the path of the number to tune; the grid stands beside it, or in a section around it.
    """
    if config.method.tunes is None:
        return [None]
    section = config.method.tunes
    while section:
        section = section.rpartition(".")[0]
        if grid := OmegaConf.select(config, f"{section}.grid"):
            return list(grid)
    raise UserError(f"method={config.method.name} tunes {config.method.tunes}, which has no grid beside it")
