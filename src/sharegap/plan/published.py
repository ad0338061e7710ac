"""What a suite says of the literature's figures."""

import math
from typing import Any

from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError, unknown_name
from sharegap.plan.configs import choices
from sharegap.results import PublishedFacts

SCORES = ("test_score", "train_score")
ENTRIES = (*SCORES, "tolerance", "outperforms", "source")


def published_facts(suite: DictConfig, series: str, method: str) -> PublishedFacts:
    """Return what is published of a method in the studies of a series; empty where nothing is.

    Raises UserError for an entry or method that does not exist, and for a value without a tolerance.
    """
    name = f"suite.published.{series}.{method}"
    entries = suite.published.get(series, {}).get(method, {})
    for entry in entries:
        if entry not in ENTRIES:
            raise unknown_name(f"entry of {name}", entry, ENTRIES)
    methods = choices("method")
    for other in entries.get("outperforms", []):
        if other not in methods:
            raise unknown_name(f"method in {name}.outperforms", other, methods)
    tolerance = entries.get("tolerance", suite.tolerance)
    if any(entries.get(score) is not None for score in SCORES):
        _check_tolerance(name, tolerance)
    facts = PublishedFacts(**{entry: _plain(value) for entry, value in entries.items()})
    if facts and tolerance is not None:
        facts["tolerance"] = tolerance
    return facts


def deviations_of(suite: DictConfig, series: str) -> str | None:
    """Return how the setting of a series deviates from the published one."""
    if isinstance(suite.deviations, str | None):
        return suite.deviations
    deviations: str | None = suite.deviations.get(series)
    return deviations


def _plain(value: Any) -> Any:
    return OmegaConf.to_object(value) if OmegaConf.is_config(value) else value


def _check_tolerance(name: str, tolerance: Any) -> None:
    number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if not number or not 0 < float(tolerance) < math.inf:
        raise UserError(
            f"the tolerance of {name} is {tolerance}: state an absolute one above 0, there or as suite.tolerance"
        )
