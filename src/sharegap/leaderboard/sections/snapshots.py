"""The results of a study at final and best-validation weights and at equal training, side by side."""

from dataclasses import replace

from sharegap.leaderboard.columns import BY_NAME, COMMON_SCORE, METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "Final and best-validation weights, and equal training"
FIGURES = {"test_score": "test score", "gap_score": "gap in score", "gap_loss": "gap in loss"}
PLACES = {
    "final": "final",
    "best_val": "best validation",
    "loss_matched": "equal train loss",
    "score_matched": "equal train score",
}
NOTE = (
    "Both weights of every method, whichever it is scored at, and its training curve where it first crosses a train "
    "loss of {loss}, or a train score of {score}, {common_score}. Between evaluations curves are taken as straight "
    "lines. Means are over the runs that cross the target; one that is past it at the first evaluation has not."
)


def snapshots_section(study: Report) -> Section:
    """Make a table with one row per method, in the order of the study's table; none of scores from outside."""
    if study.notes:  # such scores are of one state of each network, or of no network
        return Section(TITLE)
    targets = {name: _describe(study.rows[0][f"target_{name}"]) for name in ("loss", "score")}
    note = NOTE.format(**targets, common_score=COMMON_SCORE)
    columns = [METHOD, replace(BY_NAME["scored_at"], show="page")]
    for figure, group in FIGURES.items():
        for place, heading in PLACES.items():
            column = BY_NAME.get(f"{place}_{figure}")
            if column:
                columns.append(replace(column, heading=heading, group=group, show="page"))
    columns += [replace(BY_NAME[f"{name}_matched_share"], show="page") for name in targets]
    return Section(TITLE, [Table(columns, study.rows, wide=True)], [note], collapsed=True)


def _describe(target: float | None) -> str:
    return "the study's target" if target is None else f"{target:.3g}"
