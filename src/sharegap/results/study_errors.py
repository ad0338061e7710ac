"""The test error of each run, by study: what methods are compared by across studies."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

OPTIMUM = {"perplexity": 1.0}
"""Best value of a score of which lower is better, where it is not 0."""
ERROR = "1 − score if higher is better, perplexity − 1, else the score"
"""The definition of a test error, the same everywhere: as `error_of` computes it."""
Scores = TypeVar("Scores", float, np.ndarray)


@dataclass(frozen=True)
class Errors:
    """Test errors of the `methods` that all studies have, on the seeds that these share within a study."""

    methods: list[str]
    """The baseline first."""
    by_study: dict[str, np.ndarray]
    """(methods, seeds) each."""

    @property
    def studies(self) -> list[np.ndarray]:
        return list(self.by_study.values())

    @property
    def comparable(self) -> bool:
        """Whether there is something to compare: two studies, and a method besides the baseline."""
        return len(self.by_study) > 1 and len(self.methods) > 1


def errors(selected_runs: pl.DataFrame, baseline: str) -> Errors:
    """Return the test errors of the methods that all studies have; none where a study lacks the baseline.

    Args:
        selected_runs: the measured runs.
        baseline: name of the method that comes first.
    """
    by_study = dict(iter(selected_runs.group_by("study", maintain_order=True)))
    shared = selected_runs["method"].unique(maintain_order=True).to_list()
    for runs in by_study.values():
        present = set(runs["method"])
        shared = [method for method in shared if method in present]
    if baseline not in shared:
        return Errors([], {})
    shared.remove(baseline)
    methods = [baseline, *shared]
    tables = {}
    for (study,), runs in by_study.items():
        table = _error_table(runs, methods)
        if table.size:
            tables[str(study)] = table
    return Errors(methods, tables)


def error_of(scores: Scores, score_name: str, higher_is_better: bool) -> Scores:
    """Return the distance of scores from their optimum, in their unit.

    1 − score where higher is better (accuracy, R²), perplexity − 1, and otherwise the score itself.

    Args:
        scores: one score or an array of any shape.
        score_name: name of the score, e.g. `perplexity`, which decides its optimum.
        higher_is_better: direction of the score.

    Returns:
        As `scores`; 0 is the best possible error.

    Example:
        >>> error_of(5.0, "perplexity", higher_is_better=False)
        4.0
    """
    return 1 - scores if higher_is_better else scores - OPTIMUM.get(score_name, 0.0)


def error_formula(score_name: str, higher_is_better: bool) -> str:
    """Return how `error_of` computes the error of a score, for an axis.

    Example:
        >>> error_formula("perplexity", higher_is_better=False)
        'perplexity − 1'
    """
    if higher_is_better:
        return f"1 − {score_name}"
    optimum = OPTIMUM.get(score_name)
    return f"{score_name} − {optimum:g}" if optimum else score_name


def _error_table(runs: pl.DataFrame, methods: list[str]) -> np.ndarray:
    """Return a study's errors, (methods, seeds), on the seeds that all `methods` have."""
    table = runs.filter(pl.col("method").is_in(methods)).pivot("method", index="seed", values="test_score")
    scores = table.drop_nulls(methods).select(methods).to_numpy().T
    return error_of(scores, runs["score_name"][0], runs["higher_is_better"][0])
