"""A study's figures at its final, its best-validation and its matched weights, side by side."""

from dataclasses import replace

from sharegap.leaderboard.columns import COLUMNS, METHOD, Column
from sharegap.leaderboard.sections.section import Grid, Section
from sharegap.leaderboard.studies import Study

TITLE = "Final, best-validation and matched weights"
FIGURES = {"test_score": "test score", "gap_score": "gap in score", "gap_loss": "gap in loss"}
SNAPSHOTS = {"final": "final", "best_val": "best validation", "loss_matched": "matched"}
NOTE = (
    "Whichever weights a method is scored at (final, or best on validation), here are all three. Matched weights are "
    "those at the first evaluation with a clean training loss of {target} or less: all methods equally far trained. "
    "Their figures are means over the runs that got there."
)


def snapshots(study: Study) -> Section:
    """One row per method, in the order of the study's table."""
    target = study.rows[0]["target_loss"]
    note = NOTE.format(target="the study's target" if target is None else f"{target:g}")
    return Section(TITLE, [Grid(_columns(), study.rows, wide=True)], [note], folded=True)


def _columns() -> list[Column]:
    declared = {column.name: column for column in COLUMNS}
    return [
        METHOD,
        replace(declared["scored_at"], place="page"),
        *(
            replace(declared[f"{snapshot}_{figure}"], heading=name, group=group, place="page")
            for figure, group in FIGURES.items()
            for snapshot, name in SNAPSHOTS.items()
        ),
        declared["loss_matched_share"],
    ]
