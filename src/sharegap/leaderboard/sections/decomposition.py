"""What becomes of the gap: is a smaller one a better network, or one that fits its training data worse?"""

from dataclasses import replace

from sharegap.leaderboard.columns import BY_NAME, METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "What becomes of the gap"
COLUMNS = (
    METHOD,
    replace(BY_NAME["delta_test_error"], show="page"),
    replace(BY_NAME["delta_train_error"], heading="= Δ train error", show="page"),
    replace(BY_NAME["delta_gap"], heading="+ Δ gap", show="page"),
    BY_NAME["gap_closed"],
)
NOTE = (
    "Δ test error = Δ train error + Δ gap: differences to {baseline}, paired by seed, at the scored weights. Below 0 "
    "is better. A method may close the gap by fitting its training data worse: then Δ train error is above 0, and the "
    "test error gains less than the gap. Gap closed: the part of {baseline}'s gap in score, with Fieller's 95 % "
    "interval; empty where {baseline} has no gap that differs from 0."
)


def decomposition_section(study: Report) -> Section:
    """Make a table with one row per method but the baseline, in the order of the study's table."""
    rows = [row for row in study.rows if row["delta_test_error"] is not None]
    return Section(TITLE, [Table(COLUMNS, rows, wide=True)], [NOTE.format(baseline=study.baseline)])
