"""Which methods of a study cannot be told from its best one."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from scipy import stats

from sharegap.results.paired import verdict
from sharegap.results.sampling import is_one_sample
from sharegap.results.statistics import CONFIDENCE, SIGNIFICANCE

BEST: dict[str, pl.DataType] = {
    "study": pl.String(),
    "method": pl.String(),
    "is_best": pl.Boolean(),
    "ties_best": pl.Boolean(),
}
FACTS = ("higher_is_better", "score_name", "n_test")


def ties_with_best(leaderboard: pl.DataFrame, comparisons: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """Return which method of each study has the best mean test score, and which cannot be told from it.

    Methods are told apart as `cannot_tell` says. The method that is truly the best is left out in at most 5% of studies
    (comparison with the best, Hsu 1981; measured in docs/statistics.md).

    Args:
        leaderboard: as `summary.leaderboard` returns it, the best test score of a study first, null if not finite.
        comparisons: as `paired.paired_comparisons` returns them, null if not finite.
        baseline: whether it ties with the best is read from the comparison of the best with it, as every claim is.

    Returns:
        The columns of BEST, in the order of `leaderboard`. The best one ties with itself. Both are null in a study
        that is not complete, or without a finite score. A diverged method does not tie.
    """
    compared = {(row["study"], row["method"], row["baseline"]): row for row in comparisons.to_dicts()}
    rows: list[tuple[str, str, bool | None, bool | None]] = []
    for (study,), group in leaderboard.group_by("study", maintain_order=True):
        first, *others = group.to_dicts()
        best = first["method"]
        if not first["study_complete"] or first["test_score"] is None:
            rows += [(str(study), method, None, None) for method in group["method"]]
            continue
        rows.append((str(study), best, True, True))
        for row in others:
            pair = (best, baseline) if row["method"] == baseline else (row["method"], best)
            comparison = compared[str(study), *pair] | {fact: row[fact] for fact in FACTS}
            ties = row["test_score"] is not None and cannot_tell(comparison, planned=len(others))
            rows.append((str(study), row["method"], False, ties))
    return pl.DataFrame(rows, BEST, orient="row")


def cannot_tell(comparison: Mapping[str, Any], planned: int) -> bool:
    """Say whether a method cannot be told from the one that it is compared with.

    It cannot where the adjusted p-value is above 5%, or the difference at most one test sample. Where the seeds are too
    few for any p-value, it cannot where Student's interval of the difference, at 1 − 5% / `planned`, includes 0.

    Args:
        comparison: the columns of one row of `paired.paired_comparisons`, with `higher_is_better`, `score_name` and
            `n_test` of the study.
        planned: the number of comparisons that are planned in the study.
    """
    found = verdict(comparison)
    if found is not None:
        return found == 0
    difference = comparison["delta_test_score"]
    if difference is None or comparison["delta_low"] is None:  # a single seed tells nothing apart
        return True
    half_width = adjusted_half_width(comparison["delta_high"] - difference, comparison["pairs"], planned)
    return abs(difference) <= half_width or is_one_sample(difference, comparison)


def adjusted_half_width(half_width: float, pairs: int, planned: int) -> float:
    """Return half of a Student t interval at 1 − 5% / `planned` (Bonferroni) from half of the one at 95%.

    Example:
        >>> round(adjusted_half_width(0.01, pairs=4, planned=5), 4)
        0.0184
    """
    adjusted = stats.t.ppf(1 - SIGNIFICANCE / (2 * planned), pairs - 1)
    return half_width * float(adjusted / stats.t.ppf((1 + CONFIDENCE) / 2, pairs - 1))
