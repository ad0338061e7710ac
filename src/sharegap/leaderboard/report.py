"""What is known of a suite, as tables: whatever the leaderboard shows is taken from these."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from sharegap import results
from sharegap.leaderboard.figures import Style, styles
from sharegap.leaderboard.studies import Study
from sharegap.results.interactions import interactions
from sharegap.results.paired import paired_comparisons
from sharegap.results.replication import published


@dataclass(frozen=True)
class Tables:
    """A suite's `plan` and `facts`, its `runs` as results.join_runs joins them, and what results makes of them."""

    plan: pl.DataFrame
    facts: results.SuiteFacts
    runs: pl.DataFrame

    @property
    def suite(self) -> str:
        return str(self.plan["suite"][0])

    @cached_property
    def leaderboard(self) -> pl.DataFrame:
        """One row per study and method, the best test score of a study first."""
        return results.leaderboard(self.runs, self.facts["baseline"]).with_columns(
            suite_runs_finished=pl.lit(self.runs["run"].n_unique()),
            suite_runs_planned=pl.lit(self.plan["run"].n_unique()),
        )

    @cached_property
    def selected_runs(self) -> pl.DataFrame:
        """The runs of each method's chosen trial."""
        return results.selected_runs(self.runs)

    @cached_property
    def by_strength(self) -> pl.DataFrame:
        """One row per study, method and strength, weak to strong."""
        return results.by_strength(self.runs)

    @cached_property
    def extra_metrics(self) -> pl.DataFrame:
        """One row per study, method and further figure."""
        return results.extra_metrics_table(self.runs)

    @cached_property
    def paired_comparisons(self) -> pl.DataFrame:
        """One row per study and ordered pair of its methods."""
        return paired_comparisons(self.selected_runs)

    @cached_property
    def interactions(self) -> pl.DataFrame:
        """One row per study and method that adds a regularizer to sharing."""
        return interactions(self.selected_runs, self.facts)

    @cached_property
    def published(self) -> pl.DataFrame:
        """One row per published value and ordering."""
        return published(self.selected_runs, self.facts)

    @cached_property
    def style(self) -> dict[str, Style]:
        """One style per method, the same in all pictures."""
        return styles(self.runs["method"].unique(maintain_order=True))

    @property
    def progress(self) -> str:
        """How much of the suite is finished, in a sentence; empty when all is."""
        finished, planned = (self.leaderboard[f"suite_runs_{of}"][0] for of in ("finished", "planned"))
        return "" if finished == planned else f"{finished:,} of {planned:,} runs are finished."

    def studies(self) -> Iterator[Study]:
        """The suite's studies, in its own order."""
        for (name,), rows in self.leaderboard.group_by("study", maintain_order=True):
            tables = {
                of: getattr(self, of).filter(study=name)
                for of in (
                    "plan",
                    "runs",
                    "selected_runs",
                    "by_strength",
                    "extra_metrics",
                    "paired_comparisons",
                    "interactions",
                )
            }
            tunes = self.facts["learning_rates"] is not None
            yield Study(str(name), rows.to_dicts(), style=self.style, tunes_learning_rate=tunes, **tables)
