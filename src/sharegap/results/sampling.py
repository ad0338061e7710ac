"""What the size of the test part alone makes uncertain of a score."""

import math
from collections.abc import Mapping
from typing import Any

from scipy import stats

from sharegap.results.statistics import CONFIDENCE

SHARES = ("accuracy", "verification accuracy", "mean accuracy")
"""Scores that are the share of test samples that are right; of a mean over tasks, a sample counts as a whole."""


def sample_share(score_name: str, n_test: int | None) -> float:
    """Return what one test sample counts in a score; 0 where this is unknown.

    Example:
        >>> sample_share("accuracy", 12)
        0.08333333333333333
    """
    return 1 / n_test if n_test and score_name in SHARES else 0.0


def is_one_sample(difference: float, facts: Mapping[str, Any]) -> bool:
    """Whether a difference of scores is no more than one test sample: then it is no finding, whatever its spread.

    Args:
        difference: a mean over seeds. Scores of few samples coincide, so that it may have no spread at all.
        facts: `score_name` and `n_test` of its study.
    """
    # The mean of equal shares is one share but for rounding.
    return abs(difference) <= sample_share(facts["score_name"], facts["n_test"]) * (1 + 1e-6)


def sampling_half_width(score: float, score_name: str, n_test: int | None) -> float | None:
    """Return half the 95% binomial interval of a score over other test parts of `n_test` samples.

    None of other scores than SHARES, whose spread over test samples is not stored, and where `n_test` is unknown.

    Example:
        >>> round(sampling_half_width(0.744, "accuracy", 120), 3)
        0.078
    """
    share = sample_share(score_name, n_test)
    if not share:
        return None
    # With no sample wrong, or none right, the formula would say that nothing is uncertain: count one as such.
    variance = max(score * (1 - score), share * (1 - share))
    return float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * math.sqrt(variance * share)
