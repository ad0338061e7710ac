"""What changed between two stores of one suite, and whether by more than chance."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from sharegap.errors import UserError
from sharegap.results.origins import suite_origins
from sharegap.results.sampling import is_one_sample
from sharegap.results.selection import join_runs, selected_runs
from sharegap.results.statistics import CONFIDENCE, SIGNIFICANCE, holm
from sharegap.results.store import Store

CHANGES: dict[str, pl.DataType] = {
    "study": pl.String(),
    "method": pl.String(),
    "score_name": pl.String(),
    "higher_is_better": pl.Boolean(),
    "old_score": pl.Float64(),  # mean over seeds
    "new_score": pl.Float64(),
    "change": pl.Float64(),  # new − old, in the score's unit
    "change_low": pl.Float64(),
    "change_high": pl.Float64(),
    "marked": pl.Boolean(),
    "comparison": pl.String(),  # one of PAIRED, UNPAIRED, IDENTICAL, OTHER_SCORE
    "same_runs": pl.Boolean(),  # of the same options, data and code of one's own; null on other seeds
    "old_seeds": pl.Int64(),
    "new_seeds": pl.Int64(),
    "p_value": pl.Float64(),
    "p_adjusted": pl.Float64(),
}
"""One row per study and method that both stores have measured."""
PAIRED, UNPAIRED = "paired by seed", "other seeds"
IDENTICAL, OTHER_SCORE = "identical", "another score"
FIGURES = ("test_score", "train_score", "validation_score", "test_loss", "train_loss", "validation_loss")
"""What must be equal, bit for bit, for a method to be identical."""
SETTINGS = ("score_name", "n_train", "n_test", "strength", "second_strength", "learning_rate")
"""What a reader of a change must know of the two measurements."""
EQUAL = 1e-9
"""Scores that differ by less are equal but for rounding."""


@dataclass(frozen=True, eq=False)
class MeasuredSuite:
    """A suite as one store has it.

    Args:
        plan: in the columns of PLAN.
        runs: the measured runs, as `selected_runs` returns them.
        origins: what made its finished runs, as `suite_origins` returns it.
        baseline: the method that the others are compared with.
    """

    plan: pl.DataFrame
    runs: pl.DataFrame
    origins: pl.DataFrame
    baseline: str

    def methods(self) -> pl.DataFrame:
        """Return the planned studies and methods, in the order of the plan."""
        return self.plan.select("study", "method").unique(maintain_order=True)

    def runs_by_method(self) -> dict[tuple[Any, ...], pl.DataFrame]:
        """Return the measured runs by study and method, with the seeds that their configs say."""
        seeds = self.origins.select("run", config_seed="seed")
        runs = self.runs.join(seeds, on="run", how="left", maintain_order="left")
        # The plan counts seeds from 0, wherever the suite's begin.
        return dict(iter(runs.with_columns(seed=pl.coalesce("config_seed", "seed")).group_by("study", "method")))


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed from an old to a new measurement of one suite.

    Args:
        scores: in the columns of CHANGES.
        settings: in which of SETTINGS a method differs: `study`, `method`, `setting`, `old`, `new`.
        only_old: the studies and methods that the old one alone has measured.
        only_new: those that the new one alone has.
        tests: how many tests the p-values are adjusted for.
        old: the old measurement.
        new: the new one.
    """

    scores: pl.DataFrame
    settings: list[dict[str, Any]]
    only_old: list[tuple[str, str]]
    only_new: list[tuple[str, str]]
    tests: int
    old: MeasuredSuite
    new: MeasuredSuite


def read_measured(store: Store, suite: str) -> MeasuredSuite:
    """Read a suite from a store.

    Raises:
        UserError: The suite is not stored, or none of its methods is measured yet.
    """
    plan, facts = store.plan(suite)
    stored = store.runs()
    runs = selected_runs(join_runs(plan, facts, stored))
    if runs.is_empty():
        raise UserError(f"suite {suite!r} has no measured run in {store.folder} yet")
    return MeasuredSuite(plan, runs, suite_origins(store, plan, stored), facts["baseline"])


def compare_suites(old: MeasuredSuite, new: MeasuredSuite) -> Changes:
    """Compare two measurements of one suite, method by method in each study.

    A change is the difference of the mean test scores, with Student's t interval of the paired differences where both
    have the same seeds, else with Welch's (Welch 1947). Its p-value is of the same t. It is not that of the permutation
    test: with 10 seeds none of these would be below 5% after the adjustment for the 26 tests of a table.

    A change is marked where its p-value is at most 5% after Holm's adjustment for all tests of the table, in a study
    that is complete on both sides, and where it is more than one test sample. The tests are all planned methods that
    both have, finished or not, but those that are identical: there is nothing random in these.

    Raises:
        UserError: The two were measured by different versions of the protocol.
    """
    _check_protocols(old, new)
    old_runs, new_runs = old.runs_by_method(), new.runs_by_method()
    shared = new.methods().join(old.methods(), on=["study", "method"], how="semi", maintain_order="left").rows()
    rows: list[dict[str, Any]] = []
    settings: list[dict[str, Any]] = []
    for key in shared:
        if key in old_runs and key in new_runs:
            rows.append(_compare_runs(old_runs[key], new_runs[key]))
            settings += _compare_settings(old_runs[key], new_runs[key])
    tests = len(shared) - sum(row["comparison"] in (IDENTICAL, OTHER_SCORE) for row in rows)
    _adjust(rows, tests)
    return Changes(
        pl.DataFrame(rows, CHANGES),
        settings,
        only_old=[key for key in old.methods().rows() if key in old_runs and key not in new_runs],
        only_new=[key for key in new.methods().rows() if key in new_runs and key not in old_runs],
        tests=tests,
        old=old,
        new=new,
    )


def mean_change(old: np.ndarray, new: np.ndarray, *, is_paired: bool) -> tuple[float, float, float, float]:
    """Return the change of a mean, the bounds of its 95% interval, and the two-sided p-value of no change.

    Args:
        old: scores, (seeds,).
        new: scores, (seeds,); of the same seeds in the same order where they are paired.
        is_paired: whether they are.

    Returns:
        All are NaN where a score is not finite. The bounds and p are NaN where a side has a single seed, and where
        nothing varies over seeds: scores of few test samples coincide, and a t test would take that for certainty.

    Example:
        >>> change = mean_change(np.array([0.7, 0.8, 0.75]), np.array([0.8, 0.89, 0.86]), is_paired=True)
        >>> [round(value, 4) for value in change]
        [0.1, 0.0752, 0.1248, 0.0033]
    """
    change = float(np.mean(new) - np.mean(old))
    if not math.isfinite(change):
        return math.nan, math.nan, math.nan, math.nan
    samples = [new - old] if is_paired else [old, new]
    if min(len(old), len(new)) < 2 or max(np.ptp(sample) for sample in samples) <= EQUAL:
        return change, math.nan, math.nan, math.nan
    test = stats.ttest_rel(new, old) if is_paired else stats.ttest_ind(new, old, equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    return change, float(interval.low), float(interval.high), float(test.pvalue)


def _check_protocols(old: MeasuredSuite, new: MeasuredSuite) -> None:
    """Refuse to compare figures that mean different things."""
    before, now = (sorted(suite.origins["protocol"].drop_nulls().unique()) for suite in (old, new))
    if before != now and before and now:
        got, expected = (" and ".join(map(str, protocols)) for protocols in (before, now))
        raise UserError(f"against must be of protocol {expected}, got {got}: their figures mean different things")


def _compare_runs(old: pl.DataFrame, new: pl.DataFrame) -> dict[str, Any]:
    """Return the row of one method, in the columns of CHANGES, not yet adjusted."""
    old, new = old.sort("seed"), new.sort("seed")
    facts = new.row(0, named=True)
    before, now = (runs["test_score"].fill_null(math.nan).to_numpy() for runs in (old, new))
    has_same_seeds = old["seed"].equals(new["seed"])
    row = {name: facts[name] for name in ("study", "method", "score_name", "higher_is_better")}
    row |= {"old_score": np.mean(before), "new_score": np.mean(now), "old_seeds": len(before), "new_seeds": len(now)}
    row |= dict.fromkeys(("change", "change_low", "change_high", "p_value"), math.nan)
    row["same_runs"] = old["run"].equals(new["run"]) if has_same_seeds else None
    row["is_conclusive"] = False
    if old["score_name"][0] != new["score_name"][0]:
        return row | {"comparison": OTHER_SCORE}
    if has_same_seeds and all(old[name].equals(new[name]) for name in FIGURES):
        return row | {"comparison": IDENTICAL, "change": 0.0}
    change, low, high, p_value = mean_change(before, now, is_paired=has_same_seeds)
    n_test = min(filter(None, (old["n_test"][0], new["n_test"][0])), default=None)
    is_complete = bool(old["study_complete"][0] and new["study_complete"][0])
    return row | {
        "comparison": PAIRED if has_same_seeds else UNPAIRED,
        "change": change,
        "change_low": low,
        "change_high": high,
        "p_value": p_value,
        "is_conclusive": is_complete and not is_one_sample(change, facts | {"n_test": n_test}),
    }


def _adjust(rows: Sequence[dict[str, Any]], tests: int) -> None:
    """Add to each row its adjusted p-value and whether it is marked; `tests` counts the unfinished ones too."""
    tested = [row for row in rows if row["comparison"] in (PAIRED, UNPAIRED)]
    p_values = [row["p_value"] for row in tested] + [math.nan] * (tests - len(tested))
    for row in rows:
        row["p_adjusted"] = math.nan
    for row, p_adjusted in zip(tested, holm(p_values), strict=False):
        row["p_adjusted"] = float(p_adjusted)
    for row in rows:
        row["marked"] = row.pop("is_conclusive") and row["p_adjusted"] <= SIGNIFICANCE


def _compare_settings(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the settings in which the two measurements of a method differ."""
    before: Mapping[str, Any] = old.row(0, named=True)
    now: Mapping[str, Any] = new.row(0, named=True)
    for setting in SETTINGS:
        if before[setting] != now[setting]:
            values = {"old": before[setting], "new": now[setting]}
            yield {"study": now["study"], "method": now["method"], "setting": setting} | values
