"""One report of a suite, or of one of its studies: the tables that every section, figure and format reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from sharegap.errors import UserError
from sharegap.leaderboard.cells import join_names
from sharegap.leaderboard.column import STRENGTHS, finite_or_null
from sharegap.leaderboard.figures import Style, assign_styles
from sharegap.leaderboard.roles import MethodRoles, read_roles
from sharegap.results import Store, selection, summary
from sharegap.results.aggregate import aggregate
from sharegap.results.anchors import summarize_anchors
from sharegap.results.best import ties_with_best
from sharegap.results.changes import Changes, MeasuredSuite, compare_suites
from sharegap.results.interactions import interactions
from sharegap.results.learning_curves import sample_efficiency
from sharegap.results.origins import suite_origins
from sharegap.results.paired import paired_comparisons
from sharegap.results.power import detectable_differences
from sharegap.results.replication import published
from sharegap.results.schema import SuiteFacts
from sharegap.results.study_errors import Errors, errors

MANY_STUDIES = 40
"""Of more, the page draws no pictures of single studies, which take most of its time, and the terminal no tables."""


@dataclass(frozen=True, eq=False)
class Report:
    """The tables of a suite, or of one study of it, and the facts that both share.

    Numbers that are not finite are null in every table of statistics. `plan` and the runs keep them.
    """

    plan: pl.DataFrame
    runs: pl.DataFrame  # the finished runs, one row each, as join_runs joins them
    selected_runs: pl.DataFrame  # the measured ones, on fresh seeds
    leaderboard: pl.DataFrame  # one row per study and method, the best test score of a study first
    by_strength: pl.DataFrame  # one row per study, method and strength, over the tuning seeds
    extra_metrics: pl.DataFrame  # one row per study, method and metric
    paired_comparisons: pl.DataFrame  # one row per study and ordered pair of methods
    interactions: pl.DataFrame  # one row per study and method that combines sharing with a regularizer
    anchors: pl.DataFrame  # one row per study and anchor, which no other table has
    facts: SuiteFacts
    roles: MethodRoles
    styles: Mapping[str, Style]  # per method, the same in all figures
    origins: pl.DataFrame  # what made the suite's finished runs, one row each
    command: str  # that has planned the suite, empty if unknown
    changes: Changes | None = None  # since an older measurement

    def study(self, name: str) -> "Report":
        """Return the report of one study: the same tables, filtered."""
        return replace(
            self,
            plan=self.plan.filter(study=name),
            runs=self.runs.filter(study=name),
            selected_runs=self.selected_runs.filter(study=name),
            leaderboard=self.leaderboard.filter(study=name),
            by_strength=self.by_strength.filter(study=name),
            extra_metrics=self.extra_metrics.filter(study=name),
            paired_comparisons=self.paired_comparisons.filter(study=name),
            interactions=self.interactions.filter(study=name),
            anchors=self.anchors.filter(study=name),
        )

    def compare_with(self, older: MeasuredSuite) -> "Report":
        """Return the report with what changed since an older measurement."""
        measured = MeasuredSuite(self.plan, self.selected_runs, self.origins, self.baseline)
        return replace(self, changes=compare_suites(older, measured))

    @cached_property
    def studies(self) -> list["Report"]:
        """The report of each study, in the order of the suite."""
        return [self.study(name) for name in self.leaderboard["study"].unique(maintain_order=True)]

    @property
    def has_many_studies(self) -> bool:
        """Whether there are too many studies to show each in full."""
        return len(self.studies) > MANY_STUDIES

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the leaderboard."""
        return self.leaderboard.to_dicts()

    @property
    def suite_name(self) -> str:
        return str(self.plan["suite"][0])

    @property
    def study_name(self) -> str:
        """The name of the first study, which is the only one in the report of a study."""
        return str(self.rows[0]["study"])

    @property
    def score_name(self) -> str:
        return str(self.rows[0]["score_name"])

    @property
    def higher_is_better(self) -> bool:
        return bool(self.rows[0]["higher_is_better"])

    @property
    def methods(self) -> list[str]:
        """The methods that have finished runs, in the order of the suite."""
        return self.runs["method"].unique(maintain_order=True).to_list()

    @property
    def baseline(self) -> str:
        return self.roles.baseline

    @property
    def notes(self) -> list[str]:
        """What a reader must know of a suite that was made of a table of scores; empty of a trained suite."""
        return self.facts.get("notes", [])

    @property
    def has_fresh_seeds(self) -> bool:
        """Whether no run was both tuned by and measured."""
        return self.plan.n_unique(["study", "method", "run"]) == self.plan.height

    @property
    def runs_finished(self) -> str:
        """How many of the planned runs are finished; empty where all are."""
        finished, planned = self.runs["run"].n_unique(), self.plan["run"].n_unique()
        methods = self.plan.select("study", "method", "phase").unique()
        # What a method is measured at is planned once its search has ended.
        is_searching = methods.filter(phase="measure").height < methods.n_unique(["study", "method"])
        if finished == planned and not is_searching:
            return ""
        at_least = "at least " if is_searching else ""
        return f"{finished:,} of {at_least}{planned:,} runs are finished"

    @property
    def progress(self) -> str:
        """How many of the planned runs are finished, which are missing, and what waits for them; empty without any."""
        if not self.runs_finished:
            return ""
        missing = self._name_missing()
        return f"{self.runs_finished}. {missing}No marks and no wins in a study before all its runs are."

    def _name_missing(self) -> str:
        """Say of which methods planned runs are missing; empty where more are only to be planned."""
        missing = self.plan.filter(~pl.col("run").is_in(self.runs["run"].implode()))
        names = [" ".join(row) for row in missing.select("study", "method").unique(maintain_order=True).rows()]
        if not names:
            return ""
        return f"Missing: {join_names(names)}. "

    @cached_property
    def published(self) -> pl.DataFrame:
        """One row per published value and ordering."""
        return finite_or_null(published(self.selected_runs, self.facts))

    @cached_property
    def sample_efficiency(self) -> pl.DataFrame:
        """One row per series, method and training-set size."""
        return finite_or_null(sample_efficiency(self.selected_runs, self.baseline))

    @cached_property
    def best(self) -> pl.DataFrame:
        """One row per study and method: whether it is the best, and whether it cannot be told from the best."""
        return ties_with_best(self.leaderboard, self.paired_comparisons, self.baseline)

    @cached_property
    def detectable_differences(self) -> dict[str, float | None]:
        """By study, the smallest difference to the baseline that its seeds show with 80% power."""
        return detectable_differences(self.selected_runs, self.baseline)

    @property
    def negative_controls(self) -> list[str]:
        """The studies in which what sharing assumes does not hold."""
        return [study for study in self.facts["negative_controls"] if study in self.leaderboard["study"]]

    @cached_property
    def contest(self) -> pl.DataFrame:
        """The selected runs of the studies that methods are compared across: no negative control is among them.

        Of studies that differ in training-set size only, it has the largest.
        """
        runs = self.selected_runs.filter(~pl.col("study").is_in(self.negative_controls))
        return runs.filter(pl.col("n_train").eq_missing(pl.col("n_train").max().over("series")))

    @cached_property
    def errors(self) -> Errors:
        """The test errors in the contest."""
        return errors(self.contest, self.baseline)

    @cached_property
    def aggregate(self) -> pl.DataFrame:
        """One row per method over the studies of the contest, the best mean rank first."""
        rows = self.leaderboard.filter(pl.col("study").is_in(self.contest["study"].unique().to_list()))
        return finite_or_null(aggregate(self.errors, rows, is_finished=not self.progress))


def load_report(store: Store, suite: str) -> Report:
    """Compute the report of a stored suite.

    Raises:
        UserError: The suite is not stored, or none of its methods is measured yet.
    """
    plan, facts = store.plan(suite)
    stored = store.runs()
    runs = selection.join_runs(plan, facts, stored)
    selected_runs = selection.selected_runs(runs)
    if selected_runs.is_empty():
        raise UserError(f"suite {suite!r} has no measured run yet: run `sharegap bench suite={suite}` first")
    roles = read_roles(facts)
    leaderboard = summary.leaderboard(runs, roles.baseline).with_columns(
        suite_runs_finished=pl.lit(runs["run"].n_unique()), suite_runs_planned=pl.lit(plan["run"].n_unique())
    )
    leaderboard = finite_or_null(leaderboard, keep=STRENGTHS)
    return Report(
        plan,
        runs,
        selected_runs,
        leaderboard=leaderboard,
        by_strength=finite_or_null(summary.by_strength(runs), keep=STRENGTHS),
        extra_metrics=finite_or_null(summary.extra_metrics_table(runs)),
        paired_comparisons=finite_or_null(paired_comparisons(selected_runs)),
        interactions=finite_or_null(interactions(selected_runs, facts)),
        anchors=finite_or_null(summarize_anchors(facts, stored, leaderboard)),
        facts=facts,
        roles=roles,
        styles=assign_styles(runs["method"].unique(maintain_order=True), roles),
        origins=suite_origins(store, plan, stored),
        command=store.command(suite),
    )
