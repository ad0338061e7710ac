"""Each method of a study against `none`, paired by seed: the same seed has the same data, split and order in both."""

from typing import Any

import numpy as np
import polars as pl

from sharegap.results.statistics import fewest_seeds, holm, mean_interval, permutation_p_values

BASELINE = "none"
COMPARISON = ("delta_test_score", "delta_low", "delta_high", "pairs", "p_value", "p_adjusted")


def against_baseline(chosen: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """By study and method: the figures named by COMPARISON, of the scored runs at the chosen strengths.

    `pairs` are the seeds that both have. None where there is nothing to compare; the p-values are None in a study
    whose seeds are too few for any of its methods to be significant.
    """
    nothing = dict.fromkeys(COMPARISON)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for (study,), runs in chosen.group_by("study", maintain_order=True):
        methods = {str(method): own for (method,), own in runs.group_by("method", maintain_order=True)}
        found |= {(str(study), method): nothing for method in methods}
        baseline = methods.pop(BASELINE, None)
        if baseline is not None and methods:
            pairs = [_differences(own, baseline) for own in methods.values()]
            found |= {(str(study), method): row for method, row in zip(methods, _compared(pairs), strict=True)}
    return found


def _differences(runs: pl.DataFrame, baseline: pl.DataFrame) -> np.ndarray:
    pairs = runs.join(baseline, on="seed", suffix="_baseline", maintain_order="left")
    return (pairs["test_score"] - pairs["test_score_baseline"]).fill_null(np.nan).to_numpy()


def _compared(pairs: list[np.ndarray]) -> list[dict[str, Any]]:
    """One study's rows, from each method's differences."""
    p_values: list[Any] = [None] * len(pairs)
    adjusted: list[Any] = [None] * len(pairs)
    if max(map(len, pairs)) >= fewest_seeds(len(pairs)):
        p_values = [float(permutation_p_values(differences)) for differences in pairs]
        adjusted = holm(p_values).tolist()
    return [
        dict(zip(COMPARISON, (*mean_interval(differences), len(differences), p, p_adjusted), strict=True))
        for differences, p, p_adjusted in zip(pairs, p_values, adjusted, strict=True)
    ]
