"""Which methods rank differently: Friedman's test, then Nemenyi's, with the studies as replication (Demšar 2006)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sharegap.results.improvement import Studies
from sharegap.results.statistics import SIGNIFICANCE, mean_interval

FEWEST_STUDIES = 5
"""With fewer there is no interval of a mean rank, no critical difference and no shared rank."""


@dataclass(frozen=True)
class RankTest:
    """Result of the rank tests of one suite."""

    mean_ranks: np.ndarray
    """(methods,), each between 1 and the number of methods; lower is better."""
    p_value: float
    """Of Friedman's test, whose null hypothesis is that no methods differ."""
    critical_difference: float
    """Of Nemenyi's test: mean ranks that are at least this far apart differ."""

    @property
    def rejects(self) -> bool:
        """Whether Friedman's test finds any difference."""
        # Not `>`: a NaN p-value rejects nothing.
        return self.p_value <= SIGNIFICANCE

    @property
    def shared_ranks(self) -> np.ndarray:
        """1 + the number of methods that are significantly better, (methods,); all 1 where Friedman does not reject."""
        if not self.rejects:
            return np.ones(len(self.mean_ranks), dtype=int)
        is_better = self.mean_ranks[:, None] - self.mean_ranks >= self.critical_difference
        return np.asarray(1 + is_better.sum(-1))

    @property
    def cliques(self) -> list[tuple[float, float]]:
        """The largest ranges of mean ranks in which no two differ; one of all where Friedman's test does not reject."""
        order = np.sort(self.mean_ranks)
        if not self.rejects:
            return [(float(order[0]), float(order[-1]))]
        first_by_last: dict[int, int] = {}
        for first, rank in enumerate(order):
            last = int(np.flatnonzero(order - rank < self.critical_difference)[-1])
            first_by_last.setdefault(last, first)  # a later start with the same end is a part of this range
        ranges = []
        for last, first in first_by_last.items():
            if first < last:
                ranges.append((float(order[first]), float(order[last])))
        return sorted(ranges)


def ranks(studies: Studies) -> np.ndarray:
    """Return each method's rank by mean error in each study, (studies, methods).

    Rank 1 is the smallest error, ties share their mean rank, diverged methods come last (Demšar 2006).

    Example:
        >>> ranks([np.array([[0.3, 0.3], [0.1, 0.2], [0.3, 0.3]])]).tolist()
        [[2.5, 1.0, 2.5]]
    """
    means = np.array([study.mean(-1) for study in studies])  # with a NaN in it `rankdata` ranks no method
    return stats.rankdata(np.where(np.isfinite(means), means, math.inf), axis=-1)


def rank_methods(studies: Studies) -> np.ndarray:
    """Rank the methods of a suite: the rank that each shares with those like it, and its mean rank with an interval.

    The shared rank is 1 + the number of methods that are significantly better: methods that cannot be told apart from
    the best all have rank 1. The interval is Student's t over studies, which are the replication (Demšar 2006). It is a
    little too narrow near the first and last rank. A bootstrap over studies covers even less (docs/statistics.md).

    Args:
        studies: test errors of each study, (methods, seeds), the methods in one order.

    Returns:
        (4, methods): shared rank, mean rank, its lower and upper bound. With fewer than FEWEST_STUDIES there is only
        the mean rank, the rest is NaN. With fewer than three methods there is no shared rank.

    Example:
        >>> a, b, c = [0.1, 0.1], [0.2, 0.2], [0.3, 0.3]
        >>> rank_methods(12 * [np.array([c, a, b])])[:2].tolist()
        [[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]]
    """
    study_ranks = ranks(studies)
    methods = study_ranks.shape[1]
    intervals = np.array([mean_interval(method_ranks) for method_ranks in study_ranks.T]).T
    intervals = intervals.clip(1, methods)  # there are no other ranks
    if len(studies) < FEWEST_STUDIES:
        intervals[1:] = math.nan
    test = rank_test(study_ranks)
    shared = np.full(methods, math.nan) if test is None else test.shared_ranks
    return np.stack([shared, *intervals])


def rank_test(ranks: np.ndarray) -> RankTest | None:
    """Test which methods differ in mean rank: Friedman (1937), then Nemenyi (1963).

    Critical difference = q(0.95; k, ∞) / √2 · √(k (k + 1) / (6 n)) for k methods in n studies, with the quantile of the
    studentized range (Demšar 2006, equation 6). Wilcoxon tests of every pair, adjusted by Holm, cannot reach
    significance in few studies (6 methods need 10 studies); Nemenyi's test can. Its price: the verdict on two methods
    depends on the other methods of the suite (Benavoli et al. 2016).

    Args:
        ranks: as the function of that name returns them, (studies, methods).

    Returns:
        None with fewer than FEWEST_STUDIES studies or three methods.
    """
    studies, methods = ranks.shape
    if studies < FEWEST_STUDIES or methods < 3:
        return None
    # SciPy divides by zero where all methods tie in every study.
    all_tied = (ranks == ranks[:, :1]).all()
    p_value = 1.0 if all_tied else float(stats.friedmanchisquare(*ranks.T).pvalue)
    quantile = float(stats.studentized_range.ppf(1 - SIGNIFICANCE, methods, math.inf)) / math.sqrt(2)
    return RankTest(ranks.mean(0), p_value, quantile * math.sqrt(methods * (methods + 1) / (6 * studies)))
