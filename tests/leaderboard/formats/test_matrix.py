"""The matrix shows the figures of the studies' tables, and what else its script may show agrees with them."""

import pytest

from sharegap.leaderboard.formats.matrix import MEASURES, make_matrix, matrix_data
from sharegap.leaderboard.report import load_report

STUDIES = ["mnist1d", "digits", "text"]


@pytest.fixture(scope="module")
def report(make_suite, tmp_path_factory):
    suite = make_suite(studies=STUDIES, seeds=10)
    suite.turn("text")
    suite.drop("digits", "l2")
    return load_report(suite.store(tmp_path_factory.mktemp("matrix")), "made_up")


def test_one_row_per_method_and_one_column_per_study(report):
    matrix = make_matrix(report)
    assert [heading.name for heading in matrix.headings if heading.unit] == STUDIES
    assert {row.method for row in matrix.rows} == set(report.methods)
    assert matrix.rows[0].method == "hard"
    for row in matrix.rows:
        assert len(row.ranks) + len(row.cells) + 1 == len(matrix.headings)
        present = [cell is not None for cell in row.cells]
        assert present == [True, row.method != "l2", True]


def test_cells_are_those_of_the_studies(report):
    """Marks say better or worse, also where lower is better."""
    texts = {row.method: [cell.text if cell else "" for cell in row.cells] for row in make_matrix(report).rows}
    scores = {row["method"]: row["test_score"] for row in report.studies[0].rows}
    assert texts["hard"][0].startswith(f"{scores['hard']:.3f} ±")
    for study in (0, 2):
        assert texts["hard"][study].endswith("▲*")
        assert texts["l2"][study].endswith("▼*")
        assert texts["none"][study][-1].isdigit()
    assert all("±" in text for text in texts["soft"])


def test_cells_of_the_best(report):
    """The best of each study is among them, and what differs from it is not."""
    rows = {row.method: row for row in make_matrix(report).rows}
    assert all(cell.ties_best for cell in rows["hard"].cells)
    assert not any(cell.ties_best for cell in rows["none"].cells)


def test_data_agree_with_the_tables(report):
    data = matrix_data(report)
    assert data["studies"] == STUDIES
    assert data["higher"] == [True, True, False]
    for number, study in enumerate(report.studies):
        for row in study.rows:
            method = data["methods"].index(row["method"])
            for measure, column in MEASURES.items():
                assert data["values"][measure][number][method][0] == row[column.name]
    l2 = data["methods"].index("l2")
    assert data["values"]["score"][1][l2] is None
    assert data["against"][l2][1] == [None] * len(data["methods"])


def test_data_against_each_baseline(report):
    """What is better than one baseline is worse against the other, by as much."""
    data = matrix_data(report)
    none, hard = (data["methods"].index(name) for name in ("none", "hard"))
    for study in range(len(STUDIES)):
        mark, value, interval, p = data["against"][none][study][hard]
        other_mark, other_value, _, other_p = data["against"][hard][study][none]
        assert (mark, other_mark) == ("▲*", "▼*")
        assert value[1:] == other_value[1:]
        assert value[0] != other_value[0]
        assert interval.startswith("[")
        assert p
        assert p == other_p
        assert data["against"][none][study][none][:2] == ["", "—"]


def test_markdown_has_the_matrix(make_suite, write):
    text = write(make_suite(studies=["mnist1d", "digits"]))["leaderboard.md"]
    rows = [line for line in text.splitlines() if line.startswith("| hard |")]
    assert "mnist1d (accuracy ↑) | digits (accuracy ↑) |" in text
    assert rows[0].count("±") == 2
