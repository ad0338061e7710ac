"""The probability that a run of a method is better than one of the baseline, over the studies of a suite."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from sharegap.results.statistics import CONFIDENCE

Studies = Sequence[np.ndarray]
"""Test errors of each study, (methods, seeds), the baseline first; NaN where a run diverged."""


def improvements(study: np.ndarray) -> np.ndarray:
    """Return the probability that a run has a smaller error than a run of the baseline, (methods,).

    P(X < Y) + P(X = Y) / 2 over all pairs of seeds, which is Mann and Whitney's U over the number of pairs (Mann and
    Whitney 1947, Agarwal et al. 2021). A diverged run has the largest error.

    Args:
        study: errors, (methods, seeds), the baseline first.
    """
    finite_errors = np.where(np.isfinite(study), study, math.inf)  # inf == inf: two diverged runs tie
    smaller = finite_errors[:, :, None] < finite_errors[0]
    return np.asarray((smaller + 0.5 * (finite_errors[:, :, None] == finite_errors[0])).mean((1, 2)))


def improvement_intervals(studies: Studies) -> np.ndarray:
    """Return the mean probability of improvement over studies with its 95% score interval, (3, methods).

    The bounds are the probabilities θ from which the value is less far than 1.96 standard errors at θ, by Hanley and
    McNeil's variance of U (Newcombe 2006, method 5). It needs no spread of the sample, which is 0 where a method wins
    at all seeds. It takes the two methods' runs as independent, and is too wide where seeds make both good or bad. The
    bounds speak of training on these studies again, not of other studies. They are NaN where a study has one seed.
    """
    value = np.mean([improvements(study) for study in studies], axis=0)
    thetas = np.linspace(0, 1, 2001)
    variance = np.zeros_like(thetas)
    for study in studies:
        seeds = study.shape[-1]
        paired_terms = (seeds - 1) * ((1 - thetas) / (2 - thetas) + thetas / (1 + thetas))
        variance += thetas * (1 - thetas) * (1 + paired_terms) / (seeds * len(studies)) ** 2
    width = stats.norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(variance)
    # A value of 0 or 1 lies as near as possible to itself, but for rounding.
    is_near = np.abs(value[:, None] - thetas) <= width + 1e-9
    bounds = thetas[is_near.argmax(-1)], thetas[-1 - is_near[:, ::-1].argmax(-1)]
    return np.stack([value, *unless_single_seed(studies, bounds)])


def unless_single_seed(studies: Studies, bounds: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """Return the bounds, NaN where a study has one seed."""
    has_spread = min(study.shape[-1] for study in studies) > 1
    return [np.where(has_spread, bound, math.nan) for bound in bounds]
