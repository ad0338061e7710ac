"""Which mean ranks differ: Friedman's test, then Nemenyi's, with the studies as replication (Demšar 2006)."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sharegap.results.aggregate import FEWEST_STUDIES
from sharegap.results.statistics import SIGNIFICANCE


@dataclass(frozen=True)
class RankTest:
    """What the ranks (studies, methods) of a suite show."""

    mean_ranks: np.ndarray
    p_value: float  # Friedman's, of no difference at all
    critical_difference: float  # Nemenyi's: mean ranks this far apart differ

    @property
    def cliques(self) -> list[tuple[float, float]]:
        """The largest ranges of mean ranks in which no two differ: all where Friedman's test does not reject."""
        order = np.sort(self.mean_ranks)
        if not self.p_value <= SIGNIFICANCE:
            return [(float(order[0]), float(order[-1]))]
        ends = [int(np.flatnonzero(order - start < self.critical_difference)[-1]) for start in order]
        longest = {end: start for start, end in reversed(list(enumerate(ends)))}
        return [(float(order[start]), float(order[end])) for end, start in sorted(longest.items()) if end > start]


def rank_test(ranks: np.ndarray) -> RankTest | None:
    """The test of `ranks` (studies, methods); None with fewer than FEWEST_STUDIES or three methods.

    Friedman (1937), then Nemenyi (1963): at few studies Wilcoxon tests of every pair, adjusted by Holm, cannot reach
    significance at all (6 methods need 10 studies), while Nemenyi's test can, and its cliques are what the line of
    mean ranks shows. Its price: a verdict on two methods depends on which others are in the suite (Benavoli et al.
    2016).
    """
    studies, methods = ranks.shape
    if studies < FEWEST_STUDIES or methods < 3:
        return None
    p_value = 1.0 if (ranks == ranks[:, :1]).all() else float(stats.friedmanchisquare(*ranks.T).pvalue)
    quantile = float(stats.studentized_range.ppf(1 - SIGNIFICANCE, methods, math.inf)) / math.sqrt(2)
    return RankTest(ranks.mean(0), p_value, quantile * math.sqrt(methods * (methods + 1) / (6 * studies)))
