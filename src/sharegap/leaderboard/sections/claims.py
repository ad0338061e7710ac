"""What each study of a suite shows, and what all of them say about sharing."""

from typing import Any

from sharegap.leaderboard.claims import format_detectable, study_claim, suite_claim
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.aggregate import LARGEST, has_smaller_sizes
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "What the studies show"
COLUMNS = (
    Column("study", "dataset, model and training-set size", kind="text", show="terminal"),
    Column(
        "claim",
        "whether the best method beats the baseline (adjusted p of at most 5 %, and more than one test sample), and "
        "what cannot be told from it",
        kind="text",
        show="terminal",
    ),
    Column(
        "could_have_seen",
        "the smallest difference of the test score to the baseline that a paired t test shows with 80 % power, at 5 % "
        "over the number of planned comparisons; the median spread over methods; empty with too few seeds",
        kind="text",
        show="terminal",
        hide_if_missing=True,
    ),
)


def claims_section(report: Report) -> Section:
    """Make a table of one claim per planned study, in the order of the suite, below one paragraph about sharing."""
    rows: list[dict[str, Any]] = []
    for name in report.plan["study"].unique(maintain_order=True):
        study = report.study(name)
        # A study may have no measured run yet, and then it has no figures.
        difference = "" if study.runs_finished else format_detectable(study)
        seen = f"±{difference}" if difference else None
        rows.append({"study": name, "claim": study_claim(study), "could_have_seen": seen})
    notes = [LARGEST] if has_smaller_sizes(report) else []
    intro = report.notes or list(filter(None, [suite_claim(report)]))
    return Section(TITLE, [Table(COLUMNS, rows, wide=True)], notes, intro=intro, in_terminal=True)
