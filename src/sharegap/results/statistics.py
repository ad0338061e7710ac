"""Inference over seeds: intervals, p-values and their adjustment, as functions of arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
FLIPS = 9999
"""Sign flips of a permutation test: all of them up to 13 seeds, beyond that so many drawn by a fixed seed."""


def mean_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    """Mean and Student's t interval (mean, low, high) over independent seeds.

    NaN where a value is not finite; NaN bounds where fewer than two leave no spread to see. The t interval
    (Student 1908) is exact for normal values, and near enough for the mean accuracies here; a percentile bootstrap
    is too narrow at a handful of seeds.
    """
    values = np.asarray(values, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half


def permutation_p_values(differences: np.ndarray) -> np.ndarray:
    """Two-sided p-values (...) of the means of paired `differences` (..., seeds), by flipping their signs.

    Fisher's randomization test for pairs (Fisher 1935, section 21): it assumes no more than that, were there no
    effect, each difference would as well have had the other sign. NaN where a difference is not finite or there
    are fewer than two.
    """
    differences = np.asarray(differences, dtype=float)
    finite = np.isfinite(differences).all(-1)
    if differences.shape[-1] < 2 or not finite.any():
        return np.full(finite.shape, math.nan)
    test = stats.permutation_test(
        (np.where(finite[..., None], differences, 0.0),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        axis=-1,
        n_resamples=FLIPS,
        rng=np.random.default_rng(0),
    )
    return np.where(finite, test.pvalue, math.nan)


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The `p_values` (tests,) adjusted by Holm (1979): at most 5% of families have a true null below 5%.

    A NaN stays one, and counts as a test all the same: a method that diverged was compared too.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)  # NaN last
    steps = np.arange(len(p_values), 0, -1) * np.nan_to_num(p_values[order], nan=1.0)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return np.where(np.isnan(p_values), math.nan, adjusted)


@dataclass(frozen=True)
class PairedTest:
    """What the paired differences of one comparison show; the p-values are None where none can be significant."""

    mean: float
    low: float
    high: float
    pairs: int
    p_value: float | None
    p_adjusted: float | None


def paired_tests(family: Sequence[np.ndarray]) -> list[PairedTest]:
    """Interval and p-value of each of a `family` of comparisons, (pairs,) differences each, adjusted for the family.

    Without p-values where the seeds are too few for any of the family to be significant.
    """
    p_values: list[float] | list[None] = [None] * len(family)
    adjusted: list[float] | list[None] = [None] * len(family)
    if max(map(len, family)) >= min_seeds_for_significance(len(family)):
        found = np.full(len(family), math.nan)
        for pairs in set(map(len, family)):  # side by side where they can be: each call of the test costs its flips
            alike = [place for place, differences in enumerate(family) if len(differences) == pairs]
            found[alike] = permutation_p_values(np.stack([family[place] for place in alike]))
        p_values, adjusted = found.tolist(), holm(found).tolist()
    return [
        PairedTest(*mean_interval(differences), len(differences), p_value, p_adjusted)
        for differences, p_value, p_adjusted in zip(family, p_values, adjusted, strict=True)
    ]


def min_seeds_for_significance(tests: int) -> int:
    """The seeds from which one of so many `tests` can be significant: 2 / 2^seeds · tests is at most 5%."""
    return math.ceil(math.log2(2 * tests / SIGNIFICANCE))
