"""From a suite's few lines to its plan: all its runs, and what each stands for."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import polars as pl
from omegaconf import DictConfig

from sharegap.plan.configs import compose_choices, open_configs
from sharegap.plan.method import ComposedMethod, compose_method
from sharegap.plan.options import read_options
from sharegap.plan.run import ANCHORS, Run
from sharegap.plan.schema import Suite, read_suite
from sharegap.results.labels import labels_by_run
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

    @cached_property
    def labels(self) -> dict[str, list[dict[str, Any]]]:
        """By a run's id, what it stands for."""
        return labels_by_run(self.table, self.facts)


def plan_suite(config: DictConfig, precision: str, scores: Mapping[str, float] | None = None) -> Plan:
    """Expand a suite into its plan: `compose_suite(config, precision).plan(scores)`."""
    return compose_suite(config, precision).plan(scores or {})


def compose_suite(config: DictConfig, precision: str) -> "ComposedSuite":
    """Compose every method of every study; load no data and build no network.

    Args:
        config: the suite's config.
        precision: the trainer's.

    Raises:
        UserError: for a value that a suite or a run cannot have.
    """
    suite = read_suite(config)
    facts, methods = _facts(suite), []
    anchors: dict[str, Run] = {}
    with open_configs():
        for series, study, overrides in _studies(suite):
            facts["published"][study] = suite.published_of(series)
            if deviations := suite.deviations_of(series):
                facts["deviations"][study] = deviations
            if series in suite.negative_controls:
                facts["negative_controls"].append(study)
            for method in suite.methods_of(series):
                options = [*overrides, f"trainer.precision={precision}", f"method={method}"]
                composed, chosen = compose_choices(options, "config")
                if _has_no_width(composed.model):
                    warnings.warn(
                        f"{study} is without {method}: model.scaled_sizes names no option that is a width, such as "
                        "[module.width]",
                        stacklevel=2,
                    )
                    continue
                facts["methods"][method] = _method_facts(read_options(composed, chosen))
                if suite.anchors and method == suite.baseline:
                    for name, by_id in _plan_anchors(Run.of(composed, chosen), suite.seeds).items():
                        facts["anchors"].setdefault(study, {})[name] = list(by_id)
                        anchors |= by_id
                labels = {"suite": suite.name, "series": series, "study": study, "method": method}
                methods.append((labels, compose_method(suite, method, composed, chosen)))
    return ComposedSuite(facts, methods, anchors)


@dataclass(frozen=True)
class ComposedSuite:
    """A suite whose methods are composed, which takes seconds: once for all its plans.

    Args:
        facts: what holds for the whole suite.
        methods: each method of each study, with its labels in the plan.
        anchors: those of each study, by their ids.
    """

    facts: SuiteFacts
    methods: list[tuple[dict[str, str], ComposedMethod]]
    anchors: dict[str, Run]

    def plan(self, scores: Mapping[str, float]) -> Plan:
        """Return the plan as far as it is known.

        A method's settings are tuned on seeds of their own first. The best of them is then measured on fresh seeds, so
        the plan grows with the scores of finished runs.

        Args:
            scores: by finished run, its validation score; higher is better.
        """
        rows: list[dict[str, Any]] = []
        runs: dict[str, Run] = {}
        to_come = 0
        for labels, method in self.methods:
            planned = method.plan(scores)
            to_come += method.runs_after(planned)
            for row in planned:
                runs[row.run.id] = row.run
                place = {"phase": row.phase, "trial": row.trial, "seed": row.seed, "at_edge": row.at_edge}
                rows.append(labels | place | {"run": row.run.id})
        return Plan(pl.DataFrame(rows, schema=PLAN), self.facts, runs, self.anchors, to_come)


def _has_no_width(model: DictConfig) -> bool:
    """Return whether a method would scale a width that a model says it does not have."""
    return model.get("match_width") is not None and model.get("scaled_sizes") == []


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
