"""From a suite's few lines to its plan: all its runs, and what each stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
from omegaconf import DictConfig

from sharegap.errors import UserError
from sharegap.plan.configs import compose_choices, open_configs
from sharegap.plan.options import read_options
from sharegap.plan.run import ANCHORS, Run, per_run_numbers
from sharegap.plan.schema import Suite, read_suite
from sharegap.plan.search import Trial, best_trial, edges, next_trials
from sharegap.plan.trials import LEARNING_RATE, axes_of, mean_scores, set_numbers
from sharegap.results.schema import PLAN, MethodFacts, SuiteFacts


@dataclass(frozen=True)
class Plan:
    """What a suite consists of.

    Args:
        table: one row per study, method, trial and seed, in the columns of `results.PLAN`.
        facts: what holds for the whole suite.
        runs: the runs by their ids; several rows may share one.
        anchors: what is measured without a network, by their ids; the facts say what each stands for.
        to_come: how many runs follow that the scores of these will decide; 0 once all searches have ended.
    """

    table: pl.DataFrame
    facts: SuiteFacts
    runs: dict[str, Run]
    anchors: dict[str, Run]
    to_come: int


FIRST_TUNING_SEED = 1_000_000
"""Settings are tuned on seeds from here on, which no measured run has."""


def plan_suite(config: DictConfig, precision: str, scores: Mapping[str, float] | None = None) -> Plan:
    """Expand a suite into its plan, as far as it is known; loads no data and builds no network.

    A method's settings are tuned on seeds of their own first. The best of them is then measured on fresh seeds, so the
    plan grows with the scores of finished runs.

    Args:
        config: the suite's config.
        precision: the trainer's.
        scores: by finished run, its validation score; higher is better.

    Raises:
        UserError: for a value that a suite or a run cannot have.
    """
    suite = read_suite(config)
    with open_configs():
        return _plan(suite, precision, scores or {})


def _plan(suite: Suite, precision: str, scores: Mapping[str, float]) -> Plan:
    rows: list[dict[str, Any]] = []
    runs: dict[str, Run] = {}
    anchors: dict[str, Run] = {}
    facts = _facts(suite)
    to_come = 0
    for series, study, overrides in _studies(suite):
        facts["published"][study] = suite.published_of(series)
        if deviations := suite.deviations_of(series):
            facts["deviations"][study] = deviations
        if series in suite.negative_controls:
            facts["negative_controls"].append(study)
        for method in suite.methods_of(series):
            options = [*overrides, f"trainer.precision={precision}", f"method={method}"]
            composed, chosen = compose_choices(options, "config")
            facts["methods"][method] = _method_facts(read_options(composed, chosen))
            if suite.anchors and method == suite.baseline:
                for name, by_id in _plan_anchors(Run.of(composed, chosen), suite.seeds).items():
                    facts["anchors"].setdefault(study, {})[name] = list(by_id)
                    anchors |= by_id
            labels = {"suite": suite.name, "series": series, "study": study, "method": method}
            planned = _plan_method(suite, method, composed, chosen, scores)
            if planned[-1].phase == "tune":
                trials = suite.trials - len({row.trial for row in planned})
                to_come += trials * suite.tuning_seeds + suite.seeds
            for row in planned:
                runs[row.run.id] = row.run
                place = {"phase": row.phase, "trial": row.trial, "seed": row.seed, "at_edge": row.at_edge}
                rows.append(labels | place | {"run": row.run.id})
    return Plan(pl.DataFrame(rows, schema=PLAN), facts, runs, anchors, to_come)


@dataclass(frozen=True)
class _PlannedRun:
    phase: str
    trial: int
    seed: int
    at_edge: bool
    run: Run


def _plan_method(
    suite: Suite, method: str, config: DictConfig, chosen: Mapping[str, str | None], scores: Mapping[str, float]
) -> list[_PlannedRun]:
    """The runs of one method in one study that are known so far."""
    axes = axes_of(method, config, suite.learning_rates, suite.trials) if suite.trials > 1 else []
    if axes and not config.dataset.n_validation:
        raise UserError(f"{method} needs validation samples to choose its settings: set dataset.n_validation")
    first_seed = config.seed

    base = Run.of(config, chosen)
    quick = per_run_numbers(base.config)

    def seeded(trial: Trial, seed: int) -> Run:
        numbers = dict(zip([axis.name for axis in axes], trial, strict=True))
        others = [axis for axis in axes if axis.name not in quick]
        run = base
        if others:
            run = Run.of(set_numbers(config, {axis.name: axis.cast(numbers.pop(axis.name)) for axis in others}), chosen)
        return run.with_numbers(numbers | {"seed": first_seed + seed})

    tried: dict[Trial, list[Run]] = {}
    means: dict[Trial, float] = {}
    while axes and (trials := next_trials(axes, means, suite.trials)):
        for trial in trials:
            tried[trial] = [seeded(trial, FIRST_TUNING_SEED + seed) for seed in range(suite.tuning_seeds)]
        means = mean_scores({trial: [run.id for run in runs] for trial, runs in tried.items()}, scores)
        if len(means) < len(tried):
            break
    planned = []
    for number, runs in enumerate(tried.values()):
        for seed, run in enumerate(runs):
            planned.append(_PlannedRun("tune", number, seed, False, run))
    if len(means) == len(tried):  # the search has ended
        best = best_trial(axes, means) if axes else ()
        at_edge = any(name != LEARNING_RATE for name in edges(axes, means)) if axes else False
        for seed in range(suite.seeds):
            number = list(tried).index(best) if axes else 0
            planned.append(_PlannedRun("measure", number, seed, at_edge, seeded(best, seed)))
    return planned


def _facts(suite: Suite) -> SuiteFacts:
    return SuiteFacts(
        name=suite.name,
        baseline=suite.baseline,
        trials=suite.trials,
        tuning_seeds=suite.tuning_seeds,
        methods={},
        published={},
        deviations={},
        anchors={},
        negative_controls=[],
    )


def _plan_anchors(run: Run, seeds: int) -> dict[str, dict[str, Run]]:
    """By anchor, its runs by their ids: on the samples of the measured seeds of the baseline's `run`."""
    anchors: dict[str, dict[str, Run]] = {name: {} for name in ANCHORS}
    for name, runs in anchors.items():
        for seed in range(seeds):
            anchor = run.with_numbers({"seed": run.config["seed"] + seed}).as_anchor(name)
            runs[anchor.id] = anchor
    return anchors


def _method_facts(options: Mapping[str, Any]) -> MethodFacts:
    facts = {key: options["method"].get(key) for key in MethodFacts.__annotations__}
    if isinstance(facts["tunes"], list):  # the first number of several is the method's strength
        facts["tunes"] = facts["tunes"][0]
    facts["shares"] = options["sharing"]["name"] != "independent"
    return cast(MethodFacts, facts)


def _studies(suite: Suite) -> Iterator[tuple[str, str, list[str]]]:
    """Each study's series, name and overrides; `sizes` makes one study per series and training-set size."""
    for series, overrides in suite.studies.items():
        shared = [*overrides, *suite.overrides]
        if suite.sizes is None:
            yield series, series, shared
        for size in suite.sizes or []:
            yield series, f"{series}_{size}", [*shared, f"dataset.n_train={size}"]
