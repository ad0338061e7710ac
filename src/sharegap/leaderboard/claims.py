"""What a study and a suite show, in sentences. Every figure in them is one of the report's."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import Cell, format_cells, join_names
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.controls import rival_controls
from sharegap.results.aggregate import COUNTS, count_verdicts
from sharegap.results.paired import verdict
from sharegap.results.statistics import min_seeds_for_significance

IMPROVEMENT = Column("improvement", "how much better the test score is than the baseline's", interval=True, test="")
PERCENT = Column("percent", "a share of 100", interval=True)
Row = Mapping[str, Any]


def study_claim(study: Report) -> str:
    """Say what a study shows: whether its best method beats the baseline, and what cannot be told from it.

    To beat takes an adjusted p-value of at most 5%, and more than one test sample. A negative control says that it is
    one. A study that is not complete claims nothing.

    Args:
        study: the report of one study, which may have no measured run yet.
    """
    if study.runs_finished:
        return f"{study.runs_finished}: no claim yet."
    claim = _compare_best(study)
    if study.study_name in study.negative_controls:
        return f"Negative control, where sharing should not help. {claim}"
    return claim


def suite_claim(report: Report) -> str:
    """Say what sharing does where its assumption holds, and where it does not: in the suite's negative controls.

    It speaks of the method at the shared end of the sharing path, or else of every method that shares. Of a single
    study it only says what sharing removes: the rest is said of that study itself.
    """
    if report.progress:
        return _describe_missing(report)
    methods = _sharing_methods(report)
    if not methods:
        return "No method of this suite shares weights."
    controls = pl.col("study").is_in(report.negative_controls)
    is_single = report.plan["study"].n_unique() == 1
    sentences = []
    for method in methods:
        rows = report.leaderboard.filter(pl.col("method") == method)
        holds = rows.filter(pl.col("study").is_in(report.contest["study"].unique().to_list())).to_dicts()
        if holds:
            sentences += [] if is_single else [_count_claims(report, method, holds, "Where its assumption holds")]
            sentences += _describe_effect(report, method, holds, is_single=is_single)
        fails = rows.filter(controls).to_dicts()
        if fails:
            sentences.append(_count_claims(report, method, fails, "Where it does not hold (negative controls)"))
    if not report.negative_controls and not is_single:
        sentences.append("No study of this suite is a negative control, where the assumption does not hold.")
    return " ".join(sentences)


def format_detectable(study: Report) -> str:
    """Format the difference that a complete study could have seen; empty where there is none."""
    value = study.detectable_differences.get(study.study_name)
    return "" if value is None else format_cells(Column("difference", ""), [{"difference": value}])[0].value


def _compare_best(study: Report) -> str:
    """Say what a complete study shows."""
    best, *others = study.rows
    rows = {row["method"]: row for row in study.rows}
    baseline = study.baseline
    if not others:
        return f"{best['method']} is the only method: there is nothing to compare."
    if best["test_score"] is None:
        return "No claim: every method has a run that diverged."
    if baseline not in rows:
        return f"No claim against {baseline}, which this study leaves out; {_describe_ties(study, [])}."
    if rows[baseline]["test_score"] is None:
        return f"No claim against {baseline}, of which a run diverged; {_describe_ties(study, [])}."
    compared = [row for row in study.rows if row["delta_test_score"] is not None]
    if not compared:
        return f"No claim: every method but {baseline} has a run that diverged."
    if all(row["p_adjusted"] is None for row in compared):
        return _explain_few_seeds(study, compared)
    if verdict(best) == 1:
        return _claim_win(study, best)
    return "; ".join([_deny_win(study, best), *_describe_sensitivity(study, compared)]) + "."


def _claim_win(study: Report, best: Row) -> str:
    cell = improvement(best)
    method = best["method"]
    rivals = equal_controls(study, method)
    is_control = method in study.roles.controls.values()
    subject = f"The control {method}" if is_control else method
    parts = [f"{subject} beats {study.baseline} by {cell.value} {cell.interval} (p {cell.p_value})"]
    if len(study.rows) > 2:
        parts.append(_describe_ties(study, rivals, subject="it"))
    if rivals:
        noun, verb = ("control", "does") if len(rivals) == 1 else ("controls", "do")
        parts.append(f"but the {noun} {join_names(rivals)} {verb} as well, so it is not the sharing")
    return "; ".join(part for part in parts if part) + "."


def equal_controls(study: Report, method: str) -> list[str]:
    """Return the controls that do as well as a method that shares: then it is not the sharing that helps."""
    controls = study.roles.controls.values()
    if method not in study.roles.sharing or method in controls:
        return []
    ties = _ties(study)
    equal = rival_controls(study)
    return [control for control in controls if control in ties or method in equal.get(control, [])]


def _deny_win(study: Report, best: Row) -> str:
    method, baseline = best["method"], study.baseline
    better = [row["method"] for row in study.rows if verdict(row) == 1]
    if method == baseline:
        return f"No method beats {baseline}, the best: {_describe_ties(study, [], subject='it')}"
    cell = improvement(best)
    margin = f"{cell.value} {cell.interval}"
    if better:
        verb = "beats" if len(better) == 1 else "beat"
        return (
            f"The best, {method}, cannot be told from {baseline} ({margin} better), but {join_names(better)} {verb} it"
        )
    return f"No method beats {baseline}: the best, {method}, is better by {margin} only"


def _describe_sensitivity(study: Report, compared: Sequence[Row]) -> list[str]:
    """Say which difference the study could have seen, and which methods differ by less for certain."""
    difference = study.detectable_differences[study.study_name]
    if difference is None:
        return []
    size = format_detectable(study)
    parts = [f"a t test would have seen a difference of {size} with 80 % power"]
    equivalent = []
    for row in compared:
        if -difference <= row["delta_low"] and row["delta_high"] <= difference:
            equivalent.append(row["method"])
    if equivalent:
        verb = "is" if len(equivalent) == 1 else "are"
        parts.append(f"{join_names(equivalent)} {verb} equivalent to {study.baseline} within ±{size}")
    return parts


def _explain_few_seeds(study: Report, compared: Sequence[Row]) -> str:
    needed = min_seeds_for_significance(len(study.rows) - 1)
    seeds = max(row["pairs"] for row in compared)
    noun = "seed is" if seeds == 1 else "seeds are"
    claim = f"No claim: {seeds} {noun} too few for a p of at most 5 %, it takes {needed}"
    best = study.rows[0]
    if best["method"] == study.baseline:
        return f"{claim}; {study.baseline} has the best mean."
    cell = improvement(best)
    margin = f"{cell.value} {cell.interval}".rstrip()
    return f"{claim}; {best['method']} has the best mean, ahead of {study.baseline} by {margin}."


def _describe_ties(study: Report, left_out: Sequence[str], subject: str = "") -> str:
    """Say what the best method cannot be told from, but for those that are left out; empty if only these are."""
    subject = subject or str(study.rows[0]["method"])
    ties = _ties(study)
    names = [method for method in ties if method not in left_out]
    if names:
        return f"{subject} cannot be told from {join_names(names)}"
    return "" if ties or left_out else f"{subject} is better than every other method"


def _ties(study: Report) -> list[str]:
    return study.best.filter(pl.col("ties_best") & ~pl.col("is_best"))["method"].to_list()


def improvement(row: Row) -> Cell:
    """Format a difference to the baseline so that better is above 0."""
    low, high = row["delta_low"], row["delta_high"]
    difference = row["delta_test_score"]
    if not row["higher_is_better"]:
        low, high = high, low
    values = {"improvement": difference, "improvement_low": low, "improvement_high": high}
    if not row["higher_is_better"]:
        values = {name: None if value is None else -value for name, value in values.items()}
    return format_cells(IMPROVEMENT, [{**row, **values}])[0]


def _describe_missing(report: Report) -> str:
    names = report.plan["study"].unique(maintain_order=True).to_list()
    missing = [name for name in names if report.study(name).runs_finished]
    complete = len(names) - len(missing)
    return (
        f"No claim about the suite yet: {complete} of {len(names)} studies are complete. "
        f"Not finished: {join_names(missing)}."
    )


def _sharing_methods(report: Report) -> list[str]:
    """Return the fully shared method, else all that share, of those that are measured."""
    roles = report.roles
    if roles.shared in report.leaderboard["method"]:
        return [str(roles.shared)]
    return [method for method in report.methods if method in roles.sharing - set(roles.controls.values())]


def _count_claims(report: Report, method: str, rows: Sequence[Row], where: str) -> str:
    """Say in how many studies a method beats the baseline, cannot be told from it, and loses."""
    counts = count_verdicts(rows)
    wins, ties, losses = (counts[name] for name in COUNTS)
    if wins is None or ties is None or losses is None:
        return f"{where}, no study has a p-value of {method}."
    claim = (
        f"{where}, {method} beats {report.baseline} in {wins} of {len(rows)} studies, cannot be told from it in {ties} "
        f"and loses in {losses}"
    )
    unknown = len(rows) - wins - ties - losses
    return f"{claim}; {unknown} without a p-value." if unknown else f"{claim}."


def _describe_effect(report: Report, method: str, rows: Sequence[Row], *, is_single: bool) -> list[str]:
    """Say how much of the baseline's test error a method removes, and how much of its gap it closes."""
    subject = method if is_single else "It"
    sentences = []
    for row in report.aggregate.filter(method=method).drop_nulls("error_reduction").to_dicts():
        amount = _amount(row, "error_reduction")
        sentences.append(f"{subject} removes {amount} of the test error of {report.baseline} (interquartile mean).")
    closed = [row for row in rows if row["gap_closed"] is not None]
    if closed and is_single:
        sentences.append(f"{subject} closes {_amount(closed[0], 'gap_closed')} of the gap of {report.baseline}.")
    elif closed:
        share = _percent(median(row["gap_closed"] for row in closed)).value
        sentences.append(f"{subject} closes {share} % of the gap of {report.baseline} (median over studies).")
    return sentences


def _amount(row: Row, name: str) -> str:
    """A share of a row in percent, with its interval where there is one."""
    cell = _percent(row[name], row[f"{name}_low"], row[f"{name}_high"])
    return f"{cell.value} % {cell.interval}".rstrip()


def _percent(share: float, low: float | None = None, high: float | None = None) -> Cell:
    bounds = {} if low is None or high is None else {"percent_low": 100 * low, "percent_high": 100 * high}
    row = {"percent_low": None, "percent_high": None} | bounds | {"percent": 100 * share}
    return format_cells(PERCENT, [row])[0]
