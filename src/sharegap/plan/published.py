"""What a suite says of the literature's figures."""

import math
from typing import Any

from omegaconf import DictConfig

from sharegap.errors import UserError, unknown_name
from sharegap.plan.configs import choices

SCORES = ("test_score", "train_score")
ENTRIES = (*SCORES, "tolerance", "outperforms", "source")


def published_labels(suite: DictConfig, series: str, method: str) -> dict[str, Any]:
    """What is published of a method in a study, in the columns of PLAN.

    Raises UserError for an entry or method that does not exist, and for a value without a tolerance.
    """
    name = f"suite.published.{series}.{method}"
    entries = suite.published.get(series, {}).get(method, {})
    for entry in entries:
        if entry not in ENTRIES:
            raise unknown_name(f"entry of {name}", entry, ENTRIES)
    methods = choices("method")
    outperforms = list(entries.get("outperforms", []))
    for other in outperforms:
        if other not in methods:
            raise unknown_name(f"method in {name}.outperforms", other, methods)
    tolerance = entries.get("tolerance", suite.tolerance)
    if any(entries.get(score) is not None for score in SCORES):
        _check_tolerance(name, tolerance)
    differs = suite.deviations if isinstance(suite.deviations, str | None) else suite.deviations.get(series)
    return {
        "published": entries.get("test_score"),
        "published_train_score": entries.get("train_score"),
        "published_tolerance": tolerance,
        "published_outperforms": outperforms,
        "published_source": entries.get("source"),
        "published_deviations": differs,
    }


def _check_tolerance(name: str, tolerance: Any) -> None:
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not number or not 0 < float(tolerance) < math.inf:
        raise UserError(
            f"the tolerance of {name} is {tolerance}: state an absolute one above 0, there or as suite.tolerance"
        )
