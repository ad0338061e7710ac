"""Which mean ranks differ: Friedman's test, then Nemenyi's, with the studies as replication (Demšar 2006)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sharegap.results.aggregate import FEWEST_STUDIES
from sharegap.results.statistics import SIGNIFICANCE


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
    def cliques(self) -> list[tuple[float, float]]:
        """The largest ranges of mean ranks in which no two differ; one of all where Friedman's test does not reject."""
        order = np.sort(self.mean_ranks)
        # Not `>`: a NaN p-value rejects nothing.
        if not self.p_value <= SIGNIFICANCE:
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


def rank_test(ranks: np.ndarray) -> RankTest | None:
    """Test which methods differ in mean rank: Friedman (1937), then Nemenyi (1963).

    Critical difference = q(0.95; k, ∞) / √2 · √(k (k + 1) / (6 n)) for k methods in n studies, with the quantile of the
    studentized range (Demšar 2006, equation 6). Wilcoxon tests of every pair, adjusted by Holm, cannot reach
    significance in few studies (6 methods need 10 studies); Nemenyi's test can. Its price: the verdict on two methods
    depends on the other methods of the suite (Benavoli et al. 2016).

    Args:
        ranks: as `aggregate.ranks` returns them, (studies, methods).

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
