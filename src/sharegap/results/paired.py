"""Comparisons of the methods of one study, paired by seed: the same seed has the same data, split and order in both."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from sharegap.results.sampling import is_one_sample
from sharegap.results.statistics import SIGNIFICANCE, PairedTest, paired_tests

COMPARISON = (
    *("delta_test_score", "delta_low", "delta_high", "marked"),
    *("pairs", "p_value", "p_adjusted", "p_is_smallest"),
)
COMPARISONS: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "study": pl.String(),
    "method": pl.String(),
    "baseline": pl.String(),
    "delta_test_score": pl.Float64(),
    "delta_low": pl.Float64(),
    "delta_high": pl.Float64(),
    "marked": pl.Boolean(),
    "pairs": pl.Int64(),
    "p_value": pl.Float64(),
    "p_adjusted": pl.Float64(),
    "p_is_smallest": pl.Boolean(),
}
Facts = Mapping[str, Any]
"""One of a study's selected runs, for what all of them share."""


def compare_with_baseline(selected_runs: pl.DataFrame, baseline: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the comparison of every method with the baseline, by study and method.

    Args:
        selected_runs: the measured runs.
        baseline: name of the method to compare with.

    Returns:
        COMPARISON for each: the mean paired difference of the test scores, in their unit, method − baseline, its 95%
        t interval, whether that is marked, the number of seeds that both have, the permutation test's p-value, raw
        and adjusted (Holm) for the study's planned methods, and whether so few seeds can have none that is smaller.
        None where there is nothing to compare. The p-values are None in a study whose seeds are too few for any of
        its methods to be significant.
    """
    comparisons: dict[tuple[str, str], dict[str, Any]] = {}
    facts = study_facts(selected_runs)
    for study, scores in paired_scores(selected_runs):
        methods = methods_of(scores)
        tests = _tests_against(scores, baseline, facts[study]) if baseline in methods else {}
        for method in methods:
            columns = _columns(tests[method], facts[study]) if method in tests else dict.fromkeys(COMPARISON)
            comparisons[study, method] = columns
    return comparisons


def paired_comparisons(selected_runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per study and ordered pair of its methods, in the columns of COMPARISONS.

    As `compare_with_baseline`, with each method in turn as the baseline. `p_adjusted` is adjusted for the methods of
    the study that are compared with the same baseline.
    """
    rows = []
    facts = study_facts(selected_runs)
    for study, scores in paired_scores(selected_runs):
        for baseline in methods_of(scores):
            labels = {"suite": selected_runs["suite"][0], "study": study, "baseline": baseline}
            for method, test in _tests_against(scores, baseline, facts[study]).items():
                rows.append(labels | {"method": method} | _columns(test, facts[study]))
    return pl.DataFrame(rows, COMPARISONS)


def study_facts(selected_runs: pl.DataFrame) -> dict[str, Facts]:
    """Return what a study's runs share, by study: its plan, its score and the size of its test part."""
    return {row["study"]: row for row in selected_runs.unique("study", keep="first").to_dicts()}


def is_marked(test: PairedTest, facts: Facts) -> bool:
    """Whether it is marked: the study is complete, the interval excludes 0, and it is more than one test sample."""
    return bool(facts["study_complete"] and test.excludes_zero and not is_one_sample(test.mean, facts))


def verdict(comparison: Facts) -> int | None:
    """Say whether a method is significantly better (1) or worse (-1) than what it is compared with, or neither (0).

    Better and worse take an adjusted p-value of at most 5%, and a difference of more than one test sample.

    Args:
        comparison: `delta_test_score` and `p_adjusted`, with `higher_is_better`, `score_name` and `n_test` of the
            study.

    Returns:
        None without a p-value: the seeds are too few, a run diverged, or it is the baseline itself.

    Example:
        >>> facts = {"higher_is_better": False, "score_name": "perplexity", "n_test": 120}
        >>> verdict(facts | {"delta_test_score": -0.4, "p_adjusted": 0.02})
        1
    """
    p_adjusted, difference = comparison["p_adjusted"], comparison["delta_test_score"]
    if p_adjusted is None or math.isnan(p_adjusted):
        return None
    if p_adjusted > SIGNIFICANCE or is_one_sample(difference, comparison):
        return 0
    return 1 if (difference > 0) == comparison["higher_is_better"] else -1


def paired_scores(selected_runs: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each study with its test scores: `seed`, and one column per method.

    A score is null where the method lacks that seed, and NaN where the run diverged.
    """
    # Null is for the seeds that the pivot adds, which `drop_nulls` removes later. A diverged run must stay.
    scores = selected_runs.with_columns(pl.col("test_score").fill_null(np.nan))
    for (study,), runs in scores.group_by("study", maintain_order=True):
        yield str(study), runs.pivot("method", index="seed", values="test_score")


def methods_of(scores: pl.DataFrame) -> list[str]:
    """Return the methods of a study's paired `scores`."""
    return scores.columns[1:]


def _tests_against(scores: pl.DataFrame, baseline: str, facts: Facts) -> dict[str, PairedTest]:
    """Return the test of each of the study's other methods, by method."""
    methods = methods_of(scores)
    # At once: a table of 86 studies has thousands of pairs of methods.
    values = dict(zip(methods, scores.select(methods).to_numpy().T, strict=True))
    is_present = dict(zip(methods, scores.select(pl.col(methods).is_not_null()).to_numpy().T, strict=True))
    differences = {}
    for method in methods:
        if method != baseline:
            differences[method] = (values[method] - values[baseline])[is_present[method] & is_present[baseline]]
    if not differences:
        return {}
    tests = paired_tests(list(differences.values()), planned=len(facts["planned_methods"]) - 1)
    return dict(zip(differences, tests, strict=True))


def _columns(test: PairedTest, facts: Facts) -> dict[str, Any]:
    return {
        "delta_test_score": test.mean,
        "delta_low": test.low,
        "delta_high": test.high,
        "marked": is_marked(test, facts),
        "pairs": test.pairs,
        "p_value": test.p_value,
        "p_adjusted": test.p_adjusted,
        "p_is_smallest": test.p_is_smallest,
    }
