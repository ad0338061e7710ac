"""Does a regularizer still help once weights are shared? Its effect alone, on top of sharing, and their difference.

For each method `S+R` of a study that also has `S`, `R` and none: the first part of its name, `S`, is taken to be the
sharing, the rest, `R`, the regularizer. Each is compared at its own chosen strength.
"""

from typing import Any

import numpy as np
import polars as pl

from sharegap.results.aggregate import error_of
from sharegap.results.paired import BASELINE, methods_of, paired_scores
from sharegap.results.statistics import PairedTest, paired_tests

JOIN = "+"
FIGURES = ("effect_alone", "effect_shared", "interaction")
ENDS = ("", "_low", "_high", "_p_value", "_p_adjusted")
INTERACTIONS: dict[str, pl.DataType] = {
    **dict.fromkeys(("suite", "study", "method", "sharing", "regularizer"), pl.String()),
    "pairs": pl.Int64(),
    "none_error": pl.Float64(),
    **{f"{figure}{end}": pl.Float64() for figure in FIGURES for end in ENDS},
}


def interactions(selected_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per study and method `S+R`, in the columns of INTERACTIONS, of the runs at the `selected_runs` strengths.

    Positive where the test score is better, whichever its direction: `effect_alone` is R against none,
    `effect_shared` S+R against S, `interaction` the second − the first, each paired over the `pairs` of seeds that
    all four have, with a t interval and p-values adjusted for the study's methods `S+R`; those are None where its
    seeds are too few for any of them to be significant. `none_error` is the mean test error of none.
    """
    rows: list[dict[str, Any]] = []
    first = {row["study"]: row for row in selected_runs.unique("study", keep="first").to_dicts()}
    for study, scores in paired_scores(selected_runs):
        combined = _combined(scores)
        if not combined:
            continue
        score_name, more = (first[study][name] for name in ("score_name", "higher_is_better"))
        effects = [_effects(own if more else -own) for own in combined.values()]
        families = [paired_tests([own[place] for own in effects]) for place in range(len(FIGURES))]
        for place, ((sharing, regularizer), own) in enumerate(combined.items()):
            labels = {"suite": first[study]["suite"], "study": study, "method": f"{sharing}{JOIN}{regularizer}"}
            labels |= {"sharing": sharing, "regularizer": regularizer, "pairs": own.shape[1]}
            error = error_of(own[0], score_name, more)
            rows.append(
                labels
                | {"none_error": float(error.mean()) if error.size else None}
                | _figures([family[place] for family in families])
            )
    return pl.DataFrame(rows, INTERACTIONS)


def _combined(scores: pl.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """By S and R the scores of none, R, S and S+R (4, pairs), on the seeds that all four have."""
    found: dict[tuple[str, str], np.ndarray] = {}
    for method in methods_of(scores):
        sharing, joined, regularizer = method.partition(JOIN)
        four = [BASELINE, regularizer, sharing, method]
        if joined and set(four) <= set(methods_of(scores)):
            found[sharing, regularizer] = scores.select(four).drop_nulls().to_numpy().T
    return found


def _effects(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In the order of FIGURES, each (pairs,), from the scores of none, R, S and S+R of which more is better."""
    none, regularizer, sharing, both = scores
    return regularizer - none, both - sharing, (both - sharing) - (regularizer - none)


def _figures(tests: list[PairedTest]) -> dict[str, float | None]:
    """The columns of FIGURES with their ENDS."""
    return {
        f"{figure}{end}": value
        for figure, test in zip(FIGURES, tests, strict=True)
        for end, value in zip(ENDS, (test.mean, test.low, test.high, test.p_value, test.p_adjusted), strict=True)
    }
