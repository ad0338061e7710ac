"""The smallest difference that a study could have seen."""

import math

import numpy as np
import polars as pl
from scipy import optimize, stats

from sharegap.results.paired import methods_of, paired_scores, study_facts
from sharegap.results.sampling import sample_share
from sharegap.results.statistics import SIGNIFICANCE, min_seeds_for_significance

POWER = 0.8


def detectable_differences(selected_runs: pl.DataFrame, baseline: str) -> dict[str, float | None]:
    """Return by study the smallest difference to the baseline that its seeds show with 80% power.

    The spread is the median over methods of the standard deviation of the paired differences to the baseline.

    Args:
        selected_runs: the measured runs.
        baseline: name of the method to compare with.

    Returns:
        In the unit of the test score, as `detectable_difference` computes it, and at least one test sample. None in a
        study that is not complete, whose seeds are too few for any comparison to be significant, or whose differences
        have no spread.
    """
    facts = study_facts(selected_runs)
    found: dict[str, float | None] = {}
    for study, scores in paired_scores(selected_runs):
        planned = len(facts[study]["planned_methods"]) - 1
        found[study] = None
        is_comparable = facts[study]["study_complete"] and baseline in methods_of(scores) and planned
        if is_comparable and scores.height >= min_seeds_for_significance(planned):
            difference = detectable_difference(_median_spread(scores, baseline), scores.height, planned)
            # A difference of one test sample is no finding, however small the spread.
            floor = sample_share(facts[study]["score_name"], facts[study]["n_test"])
            found[study] = max(difference, floor) if difference > 0 else None
    return found


def detectable_difference(spread: float, pairs: int, planned: int) -> float:
    """Return the mean difference that a paired t test shows with 80% power, two-sided at the level 5% / `planned`.

    That level bounds the first step of Holm's procedure. Under a mean difference d the test's statistic has the
    noncentral t distribution with noncentrality d √pairs / spread (Cohen 1988, chapter 2; Johnson, Welch 1940).

    Args:
        spread: standard deviation of the paired differences, >= 0.
        pairs: number of seeds, an integer >= 2.
        planned: number of comparisons that are planned in the study, an integer >= 1.

    Returns:
        The difference, in the unit of `spread`.

    Example:
        >>> round(detectable_difference(0.01, pairs=10, planned=5), 4)
        0.0133
    """
    freedom = pairs - 1
    critical = stats.t.ppf(1 - SIGNIFICANCE / (2 * planned), freedom)

    def missing_power(noncentrality: float) -> float:
        # One tail: at 80% power the other has a probability below 1e-5, which SciPy may return as NaN.
        return float(stats.nct.sf(critical, freedom, noncentrality)) - POWER

    # Power is 5% / (2 planned) at 0, and above 90% at twice the critical value, whatever the degrees of freedom.
    noncentrality = optimize.brentq(missing_power, 0.0, 2 * critical + 3)
    return float(noncentrality) * spread / math.sqrt(pairs)


def _median_spread(scores: pl.DataFrame, baseline: str) -> float:
    """Return the median standard deviation of the paired differences; NaN where all methods diverged."""
    spreads = []
    for method in methods_of(scores):
        differences = (scores[method] - scores[baseline]).to_numpy()
        if method != baseline and np.isfinite(differences).all():
            spreads.append(differences.std(ddof=1))
    return float(np.median(spreads)) if spreads else math.nan
