"""docs/statistics.md names every column with an interval or a test, and every one across studies."""

from pathlib import Path

from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.sections import aggregate
from sharegap.results.interactions import INTERACTIONS
from sharegap.results.paired import COMPARISONS
from sharegap.results.statistics import min_seeds_for_significance

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


def test_every_inferred_column_is_explained():
    within = {column.name for column in COLUMNS if column.bounds or column.kind == "p_value"}
    names = (
        within
        | {"pairs", "delta_low", "delta_high", "loss_matched_share", "score_matched_share"}
        | {column.name for column in aggregate.COLUMNS}
    )
    # What a row is of needs no statistics.
    missing = {name for name in names - {"suite", "method"} if f"`{name}`" not in PAGE}
    assert missing == set()


def test_files_of_comparisons_are_explained():
    ends = ("_low", "_high", "_p_value", "_p_adjusted", "_marked", "_p_is_smallest")
    figures = {name for name in INTERACTIONS if not name.endswith(ends)}
    assert {name for name in {*COMPARISONS, *figures, *ends} if f"`{name}`" not in PAGE} == set()


def test_seeds_for_significance_are_as_documented():
    assert "Five or six methods take 8 seeds, seven to twelve 9, thirteen to twenty-five 10." in PAGE
    assert [min_seeds_for_significance(methods) for methods in (5, 6, 7, 12, 13, 25, 26)] == [8, 8, 9, 9, 10, 10, 11]
