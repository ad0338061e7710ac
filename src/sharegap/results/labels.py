"""What the runs of a plan stand for."""

from typing import Any

import polars as pl

from sharegap.results.schema import SuiteFacts


def labels_by_run(plan: pl.DataFrame, facts: SuiteFacts) -> dict[str, list[dict[str, Any]]]:
    """Return by a run's id all rows of the plan that it stands for.

    Args:
        plan: in the columns of PLAN.
        facts: the suite's.

    Returns:
        Each row with `tunes` and `path_position` of its method, as MethodFacts has them.
    """
    labels: dict[str, list[dict[str, Any]]] = {}
    for row in plan.to_dicts():
        method = facts["methods"][row["method"]]
        strength = {"tunes": method["tunes"], "path_position": method["path_position"]}
        labels.setdefault(row["run"], []).append(row | strength)
    return labels
