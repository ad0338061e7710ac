"""What the literature reports, beside what was measured: values within a stated tolerance, and orderings."""

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from sharegap.results.paired import paired_scores
from sharegap.results.statistics import mean_interval

PUBLISHED: dict[str, pl.DataType] = {
    **dict.fromkeys(("suite", "study", "method"), pl.String()),
    "claim": pl.String(),  # test_score and train_score are values; outperforms is an ordering
    "other": pl.String(),  # the method that it is better than
    "score_name": pl.String(),
    "higher_is_better": pl.Boolean(),
    "ours": pl.Float64(),  # the mean over seeds; of an ordering the mean of the paired differences of test scores
    "ours_low": pl.Float64(),
    "ours_high": pl.Float64(),
    "published": pl.Float64(),  # null of an ordering for which no two test scores are known
    "difference": pl.Float64(),  # ours - published
    "tolerance": pl.Float64(),  # null of an ordering
    "holds": pl.Boolean(),  # within the tolerance; of the published sign
    "unique_parameters": pl.Int64(),
    "unique_parameters_other": pl.Int64(),
    "source": pl.String(),
    "deviations": pl.String(),  # what of the published setting does
}


def published(selected_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per published value and ordering, in the columns of PUBLISHED, of the `selected_runs`.

    A value holds where our mean is no further from it than its tolerance, which must be known, and an ordering where
    the mean difference has its sign; neither does where our figures are not finite. An ordering is left out where
    one of its methods is.
    """
    rows: list[dict[str, Any]] = []
    for (study,), runs in selected_runs.group_by("study", maintain_order=True):
        ((_, scores),) = paired_scores(runs)
        first = {row["method"]: row for row in runs.unique("method", keep="first", maintain_order=True).to_dicts()}
        for method, row in first.items():
            labels = {name: row[name] for name in ("suite", "score_name", "higher_is_better", "unique_parameters")}
            labels |= {"study": study, "method": method}
            labels |= {"source": row["published_source"], "deviations": row["published_deviations"]}
            found = [*_values(row, runs.filter(method=method)), *_orderings(row, first, scores)]
            rows += [labels | each for each in found]
    return pl.DataFrame(rows, PUBLISHED)


def _values(row: dict[str, Any], runs: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for claim, name in (("test_score", "published"), ("train_score", "published_train_score")):
        value, tolerance = row[name], row["published_tolerance"]
        if value is None:
            continue
        ours = mean_interval(runs[claim].fill_null(math.nan).to_numpy())
        holds = None if tolerance is None else abs(ours[0] - value) <= tolerance
        yield _claim(claim, ours, value) | {"tolerance": tolerance, "holds": holds}


def _orderings(row: dict[str, Any], first: dict[str, Any], scores: pl.DataFrame) -> Iterator[dict[str, Any]]:
    sign = 1 if row["higher_is_better"] else -1
    for other in row["published_outperforms"] or []:
        if other not in first:
            continue
        own, others = scores.select(row["method"], other).drop_nulls().to_numpy().T
        ours = mean_interval(own - others)
        both = row["published"], first[other]["published"]
        value = None if None in both else both[0] - both[1]
        yield _claim("outperforms", ours, value) | {
            "other": other,
            "holds": sign * ours[0] > 0,
            "unique_parameters_other": first[other]["unique_parameters"],
        }


def _claim(claim: str, ours: tuple[float, float, float], value: float | None) -> dict[str, Any]:
    difference = None if value is None else ours[0] - value
    bounds = dict(zip(("ours", "ours_low", "ours_high"), ours, strict=True))
    return {"claim": claim, "published": value, "difference": difference} | bounds
