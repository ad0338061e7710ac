"""What the literature reports, compared with what was measured: values within a stated tolerance, and orderings."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from sharegap.results.paired import paired_scores
from sharegap.results.schema import PublishedFacts, SuiteFacts
from sharegap.results.statistics import interval_columns

PUBLISHED: dict[str, pl.DataType] = {
    **dict.fromkeys(("suite", "study", "method"), pl.String()),
    "claim": pl.String(),  # `test_score` and `train_score` are values; `outperforms` is an ordering
    "other": pl.String(),  # of an ordering: the method that is outperformed
    "score_name": pl.String(),
    "higher_is_better": pl.Boolean(),
    "ours": pl.Float64(),  # mean over seeds; of an ordering the mean of the paired differences of test scores
    "ours_low": pl.Float64(),
    "ours_high": pl.Float64(),
    "published": pl.Float64(),  # null of an ordering for which no two test scores are reported
    "difference": pl.Float64(),  # ours − published
    "tolerance": pl.Float64(),  # null of an ordering
    "holds": pl.Boolean(),  # within the tolerance; of an ordering: the published sign; null in an unfinished study
    "unique_parameters": pl.Int64(),
    "unique_parameters_other": pl.Int64(),
    "source": pl.String(),
    "deviations": pl.String(),  # how the study's setting deviates from the published one
}


def published(selected_runs: pl.DataFrame, suite: SuiteFacts) -> pl.DataFrame:
    """Return one row per published value and ordering of a finished method, in the columns of PUBLISHED.

    A value holds where |our mean − value| ≤ tolerance; without a tolerance nothing is said. An ordering holds where
    the mean paired difference has its sign. Neither holds where our figures are not finite. An ordering is left out
    where one of its methods is not finished. Nothing is said of a study that is not complete.

    Args:
        selected_runs: the measured runs.
        suite: the suite's facts, with the published ones.
    """
    rows: list[dict[str, Any]] = []
    for (study,), runs in selected_runs.group_by("study", maintain_order=True):
        ((_, scores),) = paired_scores(runs)
        facts_by_method = suite["published"].get(str(study), {})
        methods = {row["method"]: row for row in runs.unique("method", keep="first", maintain_order=True).to_dicts()}
        for method, row in methods.items():
            facts = facts_by_method.get(method)
            if facts is None:
                continue
            labels = {name: row[name] for name in ("suite", "score_name", "higher_is_better", "unique_parameters")}
            labels |= {"study": study, "method": method, "source": facts.get("source")}
            labels |= {"deviations": suite["deviations"].get(str(study))}
            for claim in (
                *_value_claims(facts, runs.filter(method=method)),
                *_ordering_claims(row, facts_by_method, methods, scores),
            ):
                rows.append(labels | claim | ({} if row["study_complete"] else {"holds": None}))
    return pl.DataFrame(rows, PUBLISHED)


def _value_claims(facts: PublishedFacts, runs: pl.DataFrame) -> Iterator[dict[str, Any]]:
    tolerance = facts.get("tolerance")
    for name, value in (("test_score", facts.get("test_score")), ("train_score", facts.get("train_score"))):
        if value is None:
            continue
        ours = interval_columns("ours", runs[name])
        difference = ours["ours"] - value
        holds = None if tolerance is None else abs(difference) <= tolerance
        claim = {"claim": name, "published": value, "difference": difference}
        yield claim | ours | {"tolerance": tolerance, "holds": holds}


def _ordering_claims(
    row: dict[str, Any], published: dict[str, PublishedFacts], methods: dict[str, Any], scores: pl.DataFrame
) -> Iterator[dict[str, Any]]:
    method, sign = row["method"], 1 if row["higher_is_better"] else -1
    value = published[method].get("test_score")
    for other in published[method].get("outperforms", []):
        if other not in methods:
            continue
        method_scores, other_scores = scores.select(method, other).drop_nulls().to_numpy().T
        ours = interval_columns("ours", method_scores - other_scores)
        other_value = published.get(other, {}).get("test_score")
        expected = None if value is None or other_value is None else value - other_value
        claim = {"claim": "outperforms", "other": other, "published": expected}
        claim |= {"difference": None if expected is None else ours["ours"] - expected}
        claim |= {"unique_parameters_other": methods[other]["unique_parameters"]}
        yield claim | ours | {"holds": sign * ours["ours"] > 0}
