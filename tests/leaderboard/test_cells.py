"""The format of single values."""

import pytest

from sharegap.leaderboard.cells import format_cells, format_strength
from sharegap.leaderboard.column import Column

SCORE = Column("score", "a score", interval=True)
DIFFERENCE = Column("score", "a difference", kind="difference", interval=True, test="")


def row(score, half):
    values = {"score": score, "score_low": score - half, "score_high": score + half, "higher_is_better": True}
    return values | {"marked": abs(score) > half, "p_adjusted": None, "p_is_smallest": None}


@pytest.mark.parametrize(
    ("score", "half", "text"),
    [
        (0.90312, 0.00613, "0.903 [0.897, 0.909]"),
        (0.90312, 0.0001, "0.9031 [0.9030, 0.9032]"),
        (1.2345, 0.12, "1.23 [1.11, 1.35]"),
        (12.345, 3.0, "12.3 [9.3, 15.3]"),
        (9.8712, 0.041, "9.871 [9.830, 9.912]"),
        (43.212, 0.61, "43.2 [42.6, 43.8]"),
        (743.2, 81.0, "743 [662, 824]"),
        (-0.0001, 0.006, "0.000 [−0.006, 0.006]"),
        (3e6, 1.0, "3e+06 [3e+06, 3e+06]"),
    ],
)
def test_decimals_follow_the_interval(score, half, text):
    (cell,) = format_cells(SCORE, [row(score, half)])
    assert f"{cell.value} {cell.interval}" == text


def test_decimals_are_the_same_in_a_column():
    values = [cell.value for cell in format_cells(SCORE, [row(0.5, 0.0001), row(0.6, 0.006), row(0.7, 0.006)])]
    assert values == ["0.500", "0.600", "0.700"]


@pytest.mark.parametrize(
    ("score", "half", "mark"), [(0.02, 0.01, "▲"), (-0.02, 0.01, "▼"), (0.02, 0.03, ""), (0.01, 0.01, "")]
)
def test_mark_has_the_differences_direction(score, half, mark):
    (cell,) = format_cells(DIFFERENCE, [row(score, half)])
    assert cell.mark == mark
    assert cell.value[0] in "+−"


def test_difference_marks_of_a_loss():
    """If lower is better, a negative difference is marked as better."""
    better, worse = format_cells(DIFFERENCE, [row(score, 0.5) | {"higher_is_better": False} for score in (-2.0, 2.0)])
    assert (better.value, better.mark, better.direction) == ("−2.0", "▲", 1)
    assert (worse.value, worse.mark, worse.direction) == ("+2.0", "▼", -1)


@pytest.mark.parametrize(("value", "text"), [(0.9571, "0.957"), (9.8712, "9.87"), (43.21, "43.2"), (743.2, "743")])
def test_three_digits_without_an_interval(value, text):
    column = Column("score", "a score")
    assert [cell.value for cell in format_cells(column, [{"score": value}, {"score": None}])] == [text, "—"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (float("nan"), "—"), (0.0001, "0.0001"), (10.0, "10"), (float("inf"), "∞")],
)
def test_format_strength(value, text):
    assert format_strength(value) == text


def test_counts_have_thousands_separators():
    column = Column("n", "a count", kind="count")
    assert format_cells(column, [{"n": 41110}])[0].value == "41,110"


def test_bound_is_said_beside_the_value():
    column = Column("strength", "a strength", kind="strength", bound="at_edge")
    rows = [{"strength": 0.1, "at_edge": at_edge} for at_edge in (True, False, None)]
    assert [cell.value for cell in format_cells(column, rows)] == ["0.1 (bound)", "0.1", "0.1"]
