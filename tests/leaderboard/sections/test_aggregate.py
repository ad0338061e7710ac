"""The table across studies on the page, in markdown and in across.csv, with its tests."""

import csv
import re

import pytest

from sharegap.leaderboard.sections.aggregate import COLUMNS
from tests.leaderboard.pictures import SVG, marks_of, methods_of, pictures_of, texts_of

STUDIES = ["a", "b", "c", "d", "e", "f"]


def rows_of(texts):
    return {row["method"]: row for row in csv.DictReader(texts["across.csv"].splitlines())}


def across_of(texts):
    page = texts["index.html"]
    return page.split("<h2>Across studies</h2>")[1].split("<h2>")[0] if "<h2>Across studies" in page else ""


def test_file_columns_and_order(make_suite, write):
    """The file has the declared columns, and the best mean rank first."""
    rows = rows_of(write(make_suite(studies=STUDIES, seeds=8)))
    names = [name for column in COLUMNS for name in (column.name, *(column.bounds or ()))]
    assert {tuple(row) for row in rows.values()} == {tuple(names)}
    assert list(rows) == ["hard", "soft", "early_stopping", "none", "l2"]
    assert [rows["hard"][name] for name in ("studies", "mean_rank", "wins", "ties", "losses")] == [
        "6", "1.0", "6", "0", "0",
    ]  # fmt: skip
    assert {method: row["rank"] for method, row in rows.items() if method in ("hard", "l2")} == {"hard": "1", "l2": "3"}
    assert float(rows["hard"]["error_reduction"]) == pytest.approx(0.5, abs=0.02)
    assert (rows["l2"]["losses"], rows["none"]["losses"], rows["none"]["error_reduction"]) == ("6", "", "")


def test_one_study_has_no_section(make_suite, write):
    texts = write(make_suite())
    assert texts["across.csv"].splitlines() == [
        ",".join(name for column in COLUMNS for name in (column.name, *(column.bounds or ())))
    ]
    assert across_of(texts) == ""
    assert "Across studies" not in texts["leaderboard.md"]


def test_figures_agree_with_the_table(make_suite, write):
    """The section comes before the studies."""
    texts = write(make_suite(studies=STUDIES, seeds=8))
    page = texts["index.html"]
    assert page.index('id="across-studies"') < page.index('id="study-a"')
    section = across_of(texts)
    assert re.findall(r'<th scope="row">(\w+)', section) == ["hard", "soft", "early_stopping", "none", "l2"]
    ranks, profiles = pictures_of(section).values()
    (best, *_, worst) = (mark.findtext(f"{SVG}title") for mark in marks_of(ranks))
    assert (best, worst) == ("hard: mean rank 1.00", "l2: mean rank 5.00")
    assert {"hard 1.00", "l2 5.00"} <= set(texts_of(ranks))
    assert methods_of(profiles) == {"hard", "soft", "early_stopping", "none", "l2"}
    text = texts["leaderboard.md"]
    assert text.index("## Across studies") < text.index("## a")
    assert "Friedman's test shows differences between the mean ranks" in text
    assert "Friedman's test shows differences between the mean ranks" in section.replace("&#39;", "'")


def test_few_studies_have_no_rank_test(make_suite, write):
    texts = write(make_suite(studies=["a", "b"], seeds=8))
    section = across_of(texts)
    assert "2 studies cannot show a difference between mean ranks: this takes 5." in section
    assert len(pictures_of(section)) == 1
    assert rows_of(texts)["hard"]["mean_rank_low"] == ""
    assert {row["rank"] for row in rows_of(texts).values()} == {""}
    assert rows_of(texts)["hard"]["error_reduction_low"] != ""


def test_unfinished_suite_has_no_ranks(make_suite, write):
    suite = make_suite(studies=STUDIES, seeds=8)
    suite.runs.pop()
    texts = write(suite)
    assert {row["rank"] for row in rows_of(texts).values()} == {""}
    assert "before all runs of the suite are finished. No method has a rank before." in across_of(texts)


def test_two_methods_have_no_rank_test(make_suite, write):
    texts = write(make_suite(studies=STUDIES, methods={"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])}))
    assert "Mean ranks are not tested: the test takes three methods" in across_of(texts)
    assert {row["rank"] for row in rows_of(texts).values()} == {""}


def test_methods_missing_in_a_study_unranked(make_suite, write):
    suite = make_suite(studies=["a", "b"], seeds=8)
    suite.drop("a", "soft", "l2")
    texts = write(suite)
    assert "Only methods that are in all studies have a rank. Missing from some study: soft, l2." in across_of(texts)
    rows = rows_of(texts)
    assert list(rows) == ["hard", "early_stopping", "none", "soft", "l2"]
    assert (rows["soft"]["studies"], rows["soft"]["mean_rank"], rows["soft"]["wins"]) == ("1", "", "1")


def test_study_of_a_loss(make_suite, write):
    """A study whose score is better if lower."""
    suite = make_suite(studies=["a", "b"], seeds=8)
    suite.turn("b")
    rows = rows_of(write(suite))
    assert list(rows) == ["hard", "soft", "early_stopping", "none", "l2"]
    assert [rows["hard"][name] for name in ("wins", "losses")] == ["2", "0"]


def test_diverged_method_ranks_last(make_suite, write, diverge):
    suite = make_suite(studies=["a", "b"], seeds=8)
    for run in suite.of("hard"):
        diverge(run)
    texts = write(suite)
    row = rows_of(texts)["hard"]
    assert (row["mean_rank"], row["error_reduction"], row["probability_of_improvement"]) == ("5.0", "", "0.0")
    assert (
        re.search(r"\b(nan|NaN|None|inf)\b", across_of(texts) + texts["across.csv"] + texts["leaderboard.md"]) is None
    )


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_have_no_wins(make_suite, write, seeds):
    texts = write(make_suite(studies=STUDIES, seeds=seeds))
    hard = rows_of(texts)["hard"]
    assert float(hard["error_reduction"]) == pytest.approx(0.5, abs=0.05)
    assert (hard["error_reduction_low"] == "") == (seeds == 1)
    assert (hard["wins"], hard["ties"], hard["losses"]) == ("", "", "")
    assert re.search(r"\b(nan|NaN|None|inf)\b", across_of(texts) + texts["leaderboard.md"]) is None


def test_baseline_without_errors(make_suite, write):
    """There is no error to reduce."""
    suite = make_suite(studies=["a", "b"], seeds=8)
    for run in suite.of_study("a"):
        if run in suite.of("none"):
            run["final_test_score"] = 1.0
    texts = write(suite)
    hard = rows_of(texts)["hard"]
    assert (hard["error_reduction"], hard["losses"]) == ("", "1")
    assert 0 < float(hard["probability_of_improvement"]) < 1
    assert len(pictures_of(across_of(texts))) == 1


def test_negative_controls_are_left_out(make_suite, write):
    """As if they were not planned, but for the sentence that says so."""
    suite = make_suite(studies=STUDIES, seeds=8)
    suite.negative_controls = ["f"]
    for run in suite.of_study("f"):
        run["final_test_score"] = 0.5
    texts = write(suite)
    row = rows_of(texts)["hard"]
    assert (row["studies"], row["mean_rank"], row["wins"], row["ties"]) == ("5", "1.0", "5", "0")
    assert "Over 5 studies" in across_of(texts)
    assert "Negative controls are left out: f." in across_of(texts)
    assert "the largest counts" not in across_of(texts)
