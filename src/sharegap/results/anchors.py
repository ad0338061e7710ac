"""What chance, a linear model and nearest neighbours score in each study, beside its methods and unranked."""

from typing import Any

import polars as pl

from sharegap.results.schema import SuiteFacts
from sharegap.results.selection import score_runs
from sharegap.results.statistics import interval_columns

FIGURES = ("test_score", "gap_score", "gap_loss", "train_score", "validation_score", "test_loss")
ANCHOR_TABLE: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "study": pl.String(),
    "anchor": pl.String(),
    "seeds": pl.Int64(),
    **{f"{name}{end}": pl.Float64() for name in FIGURES for end in ("", "_low", "_high")},
    "unique_parameters": pl.Int64(),
    "beats_methods": pl.Boolean(),
}


def summarize_anchors(facts: SuiteFacts, runs: pl.DataFrame, leaderboard: pl.DataFrame) -> pl.DataFrame:
    """Return one row per study and anchor that is measured.

    Args:
        facts: the suite's; `anchors` says which runs they are.
        runs: stored runs, in the columns of RUNS.
        leaderboard: as `summary.leaderboard` returns it; null where a score is not finite.

    Returns:
        The columns of ANCHOR_TABLE: FIGURES as mean, `_low` and `_high` over seeds; `beats_methods` says whether the
        mean test score is better than that of every method of a complete study.
    """
    planned = []
    for study, anchors in facts["anchors"].items():
        for anchor, ids in anchors.items():
            planned += [{"study": study, "anchor": anchor, "run": run} for run in ids]
    plan = pl.DataFrame(planned, dict.fromkeys(("study", "anchor", "run"), pl.String()))
    scored = score_runs(runs.join(plan, on="run", how="semi"))
    measured = plan.join(scored, on="run", maintain_order="left")
    rows: list[dict[str, Any]] = []
    for (study, anchor), group in measured.group_by("study", "anchor", maintain_order=True):
        row = {"suite": facts["name"], "study": study, "anchor": anchor, "seeds": group.height}
        for name in FIGURES:
            row |= interval_columns(name, group[name])
        row["unique_parameters"] = group["unique_parameters"][0]
        rows.append(row | {"beats_methods": _beats_methods(row["test_score"], leaderboard.filter(study=study))})
    return pl.DataFrame(rows, ANCHOR_TABLE)


def _beats_methods(score: float, methods: pl.DataFrame) -> bool:
    """Whether a score is better than those of all methods of a study, which must be complete."""
    if methods.is_empty() or not methods["study_complete"].all():
        return False
    scores = methods["test_score"].drop_nulls()
    higher_is_better = methods["higher_is_better"][0]
    return all(score > other if higher_is_better else score < other for other in scores)
