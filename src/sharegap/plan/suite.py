"""From a suite's few lines to its plan: all its runs, and what each stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
from omegaconf import DictConfig

from sharegap.plan.configs import compose_choices, open_configs
from sharegap.plan.options import read_options
from sharegap.plan.run import Run
from sharegap.plan.schema import Suite, read_suite
from sharegap.plan.trials import make_trials
from sharegap.results.schema import PLAN, MethodFacts, SuiteFacts


@dataclass(frozen=True)
class Plan:
    """What a suite consists of.

    Args:
        table: one row per study, method, trial and seed, in the columns of `results.PLAN`.
        facts: what holds for the whole suite.
        runs: the runs by their ids; several rows may share one.
    """

    table: pl.DataFrame
    facts: SuiteFacts
    runs: dict[str, Run]


def plan_suite(config: DictConfig, precision: str) -> Plan:
    """Expand a suite into its plan; loads no data and builds no network.

    Args:
        config: the suite's config.
        precision: the trainer's.

    Raises:
        UserError: for a value that a suite or a run cannot have.
    """
    suite = read_suite(config)
    with open_configs():
        return _plan(suite, precision)


def _plan(suite: Suite, precision: str) -> Plan:
    rows: list[dict[str, Any]] = []
    runs: dict[str, Run] = {}
    facts = _facts(suite)
    for series, study, overrides in _studies(suite):
        composed, chosen = {}, {}
        for method in suite.methods_of(series):
            options = [*overrides, f"trainer.precision={precision}", f"method={method}"]
            composed[method], chosen[method] = compose_choices(options, "config")
            facts["methods"][method] = _method_facts(read_options(composed[method], chosen[method]))
        facts["published"][study] = suite.published_of(series)
        if deviations := suite.deviations_of(series):
            facts["deviations"][study] = deviations
        for method, trials in make_trials(composed, suite.learning_rate_factors).items():
            first_seed = composed[method].seed
            for number, trial in enumerate(trials):
                run = Run.of(trial.compose(composed[method]), chosen[method])
                labels = {"suite": suite.name, "series": series, "study": study, "method": method, "trial": number}
                for seed in range(suite.seeds):
                    seeded = run.with_numbers({"seed": first_seed + seed})
                    runs[seeded.id] = seeded
                    rows.append(labels | {"seed": seed, "run": seeded.id})
    return Plan(pl.DataFrame(rows, schema=PLAN), facts, runs)


def _facts(suite: Suite) -> SuiteFacts:
    return SuiteFacts(
        name=suite.name,
        baseline=suite.baseline,
        learning_rates=suite.learning_rates,
        methods={},
        published={},
        deviations={},
    )


def _method_facts(options: Mapping[str, Any]) -> MethodFacts:
    return cast(MethodFacts, {key: options["method"].get(key) for key in MethodFacts.__annotations__})


def _studies(suite: Suite) -> Iterator[tuple[str, str, list[str]]]:
    """Each study's series, name and overrides; `sizes` makes one study per series and training-set size."""
    for series, overrides in suite.studies.items():
        shared = [*overrides, *suite.overrides]
        if suite.sizes is None:
            yield series, series, shared
        for size in suite.sizes or []:
            yield series, f"{series}_{size}", [*shared, f"dataset.n_train={size}"]
