"""Does a regularizer still help once weights are shared? Its effect alone, with sharing, and their difference.

A method that declares `combines: [S, R]` is compared in each study that also has S, R and the baseline. Each of the
four is measured at its own setting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sharegap.results.paired import Facts, is_marked, methods_of, paired_scores, study_facts
from sharegap.results.schema import SuiteFacts
from sharegap.results.statistics import PairedTest, paired_tests
from sharegap.results.study_errors import error_of

FIGURES = ("effect_alone", "effect_shared", "interaction")


def _figure_columns() -> dict[str, pl.DataType]:
    columns: dict[str, pl.DataType] = {}
    for figure in FIGURES:
        for ending in ("", "_low", "_high", "_p_value", "_p_adjusted"):
            columns[f"{figure}{ending}"] = pl.Float64()
        for ending in ("_marked", "_p_is_smallest"):
            columns[f"{figure}{ending}"] = pl.Boolean()
    return columns


INTERACTIONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("suite", "study", "method", "sharing", "regularizer"), pl.String()),
    "pairs": pl.Int64(),
    "none_error": pl.Float64(),
    **_figure_columns(),
}


def interactions(selected_runs: pl.DataFrame, suite: SuiteFacts) -> pl.DataFrame:
    """Return one row per study and combined method, in the columns of INTERACTIONS.

    With test scores y, signed so that higher is better, S the sharing method and R the regularizer:

        effect_alone = y(R) − y(baseline)    effect_shared = y(S+R) − y(S)    interaction = effect_shared − effect_alone

    Each is the mean over the `pairs` of seeds that all four methods have, in the score's unit, with a t interval and
    a permutation test. A figure's p-values are adjusted (Holm) for the study's planned combinations; they are None
    where its seeds are too few for any to be significant. `none_error` is the baseline's mean test error.

    Args:
        selected_runs: the measured runs.
        suite: the suite's facts; `combines` says which methods are S and R.
    """
    rows: list[dict[str, Any]] = []
    studies = study_facts(selected_runs)
    for study, scores in paired_scores(selected_runs):
        facts = studies[study]
        combinations = _combinations(scores, suite)
        if not combinations:
            continue
        direction = 1 if facts["higher_is_better"] else -1
        families: dict[str, list[np.ndarray]] = {figure: [] for figure in FIGURES}
        for combination in combinations:
            for figure, effects in _effects(direction * combination.scores).items():
                families[figure].append(effects)
        tests = {}
        for figure, family in families.items():
            tests[figure] = paired_tests(family, planned=len(list_combinations(facts["planned_methods"], suite)))
        for index, combination in enumerate(combinations):
            error = error_of(combination.scores[0], facts["score_name"], facts["higher_is_better"])
            row = {"suite": facts["suite"], "study": study, "method": combination.method}
            row |= {"sharing": combination.sharing, "regularizer": combination.regularizer}
            row |= {"pairs": error.size, "none_error": float(error.mean()) if error.size else None}
            for figure in FIGURES:
                row |= _columns(figure, tests[figure][index], facts)
            rows.append(row)
    return pl.DataFrame(rows, INTERACTIONS)


def list_combinations(methods: Iterable[str], suite: SuiteFacts) -> list[str]:
    """Return the combined methods among `methods` of which the two parts and the baseline are there too."""
    present = set(methods)
    combinations = []
    for method, declared in suite["methods"].items():
        combines = declared["combines"]
        if combines is not None and {method, suite["baseline"], *combines} <= present:
            combinations.append(method)
    return combinations


@dataclass(frozen=True)
class _Combination:
    """A combined method and the scores of the baseline, R, S and S+R, (4, pairs), on the seeds that all have."""

    method: str
    sharing: str
    regularizer: str
    scores: np.ndarray


def _combinations(scores: pl.DataFrame, suite: SuiteFacts) -> list[_Combination]:
    combinations = []
    for method in list_combinations(methods_of(scores), suite):
        sharing, regularizer = suite["methods"][method]["combines"] or []
        four_scores = scores.select(suite["baseline"], regularizer, sharing, method).drop_nulls().to_numpy().T
        combinations.append(_Combination(method, sharing, regularizer, four_scores))
    return combinations


def _effects(scores: np.ndarray) -> dict[str, np.ndarray]:
    """Return FIGURES for each pair, (pairs,), from the four scores, of which higher is better."""
    baseline, regularizer, sharing, combined = scores
    effect_alone, effect_shared = regularizer - baseline, combined - sharing
    return {
        "effect_alone": effect_alone,
        "effect_shared": effect_shared,
        "interaction": effect_shared - effect_alone,
    }


def _columns(figure: str, test: PairedTest, facts: Facts) -> dict[str, float | None]:
    return {
        figure: test.mean,
        f"{figure}_low": test.low,
        f"{figure}_high": test.high,
        f"{figure}_p_value": test.p_value,
        f"{figure}_p_adjusted": test.p_adjusted,
        f"{figure}_marked": is_marked(test, facts),
        f"{figure}_p_is_smallest": test.p_is_smallest,
    }
