"""The page's column of differences for every baseline that a reader may choose."""

from sharegap.leaderboard.cells import Cell, cells
from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.studies import Study
from sharegap.results.paired import BASELINE, COMPARISON

(DELTA,) = (column for column in COLUMNS if column.name == "delta_test_score")


def against(study: Study) -> dict[str, list[Cell]]:
    """By baseline, none first, the cells of DELTA in the order of the study's rows."""
    methods = [row["method"] for row in study.rows]
    found = {(row["method"], row["baseline"]): row for row in study.paired_comparisons.to_dicts()}
    nothing = dict.fromkeys(COMPARISON)
    return {
        baseline: cells(DELTA, [row | found.get((row["method"], baseline), nothing) for row in study.rows])
        for baseline in sorted(methods, key=lambda method: method != BASELINE)
    }
