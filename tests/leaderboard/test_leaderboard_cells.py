"""How single figures read."""

import pytest

from sharegap.leaderboard.cells import cells, strength
from sharegap.leaderboard.columns import Column

SCORE = Column("score", "score", "measure", "", bounds=("low", "high"))
DIFFERENCE = Column("score", "score", "difference", "", bounds=("low", "high"))


def row(score, half):
    return {"score": score, "low": score - half, "high": score + half}


@pytest.mark.parametrize(
    ("score", "half", "text"),
    [
        (0.90312, 0.00613, "0.903 [0.897, 0.909]"),
        (0.90312, 0.0001, "0.9031 [0.9030, 0.9032]"),
        (1.2345, 0.12, "1.23 [1.11, 1.35]"),
        (12.345, 3.0, "12.3 [9.3, 15.3]"),
        (-0.0001, 0.006, "0.000 [−0.006, 0.006]"),
        (3e6, 1.0, "3e+06 [3e+06, 3e+06]"),
    ],
)
def test_as_many_digits_as_the_interval_warrants(score, half, text):
    (cell,) = cells(SCORE, [row(score, half)])
    assert f"{cell.value} {cell.interval}" == text


def test_one_study_s_cells_have_the_same_decimals():
    values = [cell.value for cell in cells(SCORE, [row(0.5, 0.0001), row(0.6, 0.006), row(0.7, 0.006)])]
    assert values == ["0.500", "0.600", "0.700"]


@pytest.mark.parametrize(
    ("score", "half", "mark"), [(0.02, 0.01, "▲"), (-0.02, 0.01, "▼"), (0.02, 0.03, ""), (0.01, 0.01, "")]
)
def test_a_difference_is_marked_where_its_interval_excludes_zero(score, half, mark):
    (cell,) = cells(DIFFERENCE, [row(score, half)])
    assert cell.mark == mark
    assert cell.value[0] in "+−"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (float("nan"), "—"), (0.0001, "0.0001"), (10.0, "10"), (float("inf"), "∞")],
)
def test_strengths_are_short(value, text):
    assert strength(value) == text


def test_parameters_have_thousands_separators():
    column = Column("n", "n", "count", "")
    assert cells(column, [{"n": 41110}])[0].value == "41,110"
