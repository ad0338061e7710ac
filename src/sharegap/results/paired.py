"""Each method of a study against another, paired by seed: the same seed has the same data, split and order in both."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from sharegap.results.statistics import PairedTest, paired_tests

BASELINE = "none"
COMPARISON = ("delta_test_score", "delta_low", "delta_high", "pairs", "p_value", "p_adjusted")
COMPARISONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("suite", "study", "method", "baseline"), pl.String()),
    **{name: pl.Int64() if name == "pairs" else pl.Float64() for name in COMPARISON},
}


def compare_with_baseline(selected_runs: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """By study and method: the figures named by COMPARISON against none, of the scored runs at the chosen strengths.

    `pairs` are the seeds that both have. None where there is nothing to compare; the p-values are None in a study
    whose seeds are too few for any of its methods to be significant.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for study, scores in paired_scores(selected_runs):
        found |= {(study, method): dict.fromkeys(COMPARISON) for method in methods_of(scores)}
        if BASELINE in scores.columns:
            found |= {(study, method): _figures(test) for method, test in _against(scores, BASELINE).items()}
    return found


def paired_comparisons(selected_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per study and ordered pair of its methods, in the columns of COMPARISONS.

    `delta_test_score` is the test score of `method` − that of `baseline`, of the scored runs at the `selected_runs`
    strengths; `p_adjusted` is adjusted for all methods of the study that are compared with that baseline.
    """
    rows = [
        {"suite": selected_runs["suite"][0], "study": study, "method": method, "baseline": baseline} | _figures(test)
        for study, scores in paired_scores(selected_runs)
        for baseline in methods_of(scores)
        for method, test in _against(scores, baseline).items()
    ]
    return pl.DataFrame(rows, COMPARISONS)


def paired_scores(selected_runs: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each study with its test scores: `seed`, and a column per method, null of a seed that it lacks."""
    scores = selected_runs.with_columns(pl.col("test_score").fill_null(np.nan))
    for (study,), runs in scores.group_by("study", maintain_order=True):
        yield str(study), runs.pivot("method", index="seed", values="test_score")


def methods_of(scores: pl.DataFrame) -> list[str]:
    """The methods of a study's paired `scores`."""
    return scores.columns[1:]


def _against(scores: pl.DataFrame, baseline: str) -> dict[str, PairedTest]:
    """A study's other methods against the `baseline`."""
    methods = [method for method in methods_of(scores) if method != baseline]
    if not methods:
        return {}
    pairs = [scores.select(method, baseline).drop_nulls().to_numpy().T for method in methods]
    tests = paired_tests([own - other for own, other in pairs])
    return dict(zip(methods, tests, strict=True))


def _figures(test: PairedTest) -> dict[str, Any]:
    figures = (test.mean, test.low, test.high, test.pairs, test.p_value, test.p_adjusted)
    return dict(zip(COMPARISON, figures, strict=True))
