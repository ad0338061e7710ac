"""The results of a study at its final, best-validation and matched weights, side by side."""

from dataclasses import replace

from sharegap.leaderboard.columns import BY_NAME, METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "Final, best-validation and matched weights"
FIGURES = {"test_score": "test score", "gap_score": "gap in score", "gap_loss": "gap in loss"}
SNAPSHOTS = {"final": "final", "best_val": "best validation", "loss_matched": "matched"}
NOTE = (
    "All three weights of every method, whichever it is scored at. Matched weights are those at the first evaluation "
    "with a clean training loss of {target} or less. Evaluations are few, so a method may be far below it then: "
    "compare methods whose matched train losses are close. Matched values are means over the runs that reached it."
)


def snapshots_section(study: Report) -> Section:
    """Make a table with one row per method, in the order of the study's table."""
    target = study.rows[0]["target_loss"]
    note = NOTE.format(target="the study's target" if target is None else f"{target:g}")
    columns = [METHOD, replace(BY_NAME["scored_at"], show="page")]
    for figure, group in FIGURES.items():
        for snapshot, heading in SNAPSHOTS.items():
            column = BY_NAME[f"{snapshot}_{figure}"]
            columns.append(replace(column, heading=heading, group=group, show="page"))
    columns += [BY_NAME["loss_matched_train_loss"], BY_NAME["loss_matched_share"]]
    return Section(TITLE, [Table(columns, study.rows, wide=True)], [note], collapsed=True)
