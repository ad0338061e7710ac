"""What a suite says of the literature's figures."""

import math
from typing import Any

from omegaconf import DictConfig

from sharegap.errors import UserError, unknown
from sharegap.runs.cli import choices

SCORES = ("test_score", "train_score")
ENTRIES = (*SCORES, "tolerance", "better_than", "source")


def published_labels(suite: DictConfig, series: str, method: str) -> dict[str, Any]:
    """What is published of a method in a study, in the columns of PLAN.

    Raises UserError for an entry or method that does not exist, and for a value without a tolerance.
    """
    name = f"suite.published.{series}.{method}"
    entries = suite.published.get(series, {}).get(method, {})
    for entry in entries:
        if entry not in ENTRIES:
            raise unknown(f"entry of {name}", entry, ENTRIES)
    methods = choices("method")
    better_than = list(entries.get("better_than", []))
    for other in better_than:
        if other not in methods:
            raise unknown(f"method in {name}.better_than", other, methods)
    tolerance = entries.get("tolerance", suite.tolerance)
    if any(entries.get(score) is not None for score in SCORES):
        _check_tolerance(name, tolerance)
    differs = suite.differs if isinstance(suite.differs, str | None) else suite.differs.get(series)
    return {
        "published": entries.get("test_score"),
        "published_train_score": entries.get("train_score"),
        "published_tolerance": tolerance,
        "published_better_than": better_than,
        "published_source": entries.get("source"),
        "published_differs": differs,
    }


def _check_tolerance(name: str, tolerance: Any) -> None:
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not number or not 0 < float(tolerance) < math.inf:
        raise UserError(
            f"the tolerance of {name} is {tolerance}: state an absolute one above 0, there or as suite.tolerance"
        )
