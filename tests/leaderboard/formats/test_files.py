"""The files, and that all have the same values in the same order."""

import csv
import json
import math
import re
from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from sharegap import leaderboard
from sharegap.errors import UserError
from sharegap.leaderboard.columns import MARKS, file_table

DOCUMENTED = {
    "suite",
    "study",
    "dataset",
    "model",
    "n_train",
    "method",
    "strength",
    "seeds",
    "score_name",
    "higher_is_better",
    "test_score",
    "test_score_low",
    "test_score_high",
    "gap_score",
    "gap_score_low",
    "gap_score_high",
    "gap_loss",
    "gap_loss_low",
    "gap_loss_high",
    "loss_matched_gap_loss",
    "loss_matched_share",
    "delta_test_score",
    "delta_low",
    "delta_high",
    "relative_copy_distance",
    "cka",
    "cka_low",
    "cka_high",
    "unique_parameters",
    "train_seconds_per_run",
    "diverged",
    "runs",
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "leaderboard"


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TABLES = [
    "across",
    "anchors",
    "comparisons",
    "figures",
    "groups",
    "interactions",
    "leaderboard",
    "published",
    "runs",
    "sample_efficiency",
]
FILES = {"index.html", "leaderboard.json", "leaderboard.md", *(f"{name}.csv" for name in TABLES)}


def test_files(make_suite, tmp_path, folder):
    leaderboard.write(make_suite().store(tmp_path), "made_up", folder)
    assert {path.name for path in folder.iterdir()} == FILES


def test_csv_columns(make_suite, tmp_path, folder):
    table = leaderboard.write(make_suite().store(tmp_path), "made_up", folder).leaderboard
    rows = rows_of(folder / "leaderboard.csv")
    assert set(rows[0]) >= DOCUMENTED
    assert {name for name, kind in table.schema.items() if kind.is_numeric()} <= set(rows[0])
    assert [float(row["test_score"]) for row in rows] == table["test_score"].to_list()


def test_rows_are_ordered_by_test_score(make_suite, tmp_path, folder):
    """The gap never ranks."""
    suite = make_suite(studies=["mnist1d", "digits"])
    leaderboard.write(suite.store(tmp_path), "made_up", folder)
    rows = rows_of(folder / "leaderboard.csv")
    for study in ("mnist1d", "digits"):
        methods = [row["method"] for row in rows if row["study"] == study]
        assert methods == ["hard", "soft", "early_stopping", "none", "l2"]
    gaps = {row["method"]: float(row["gap_score"]) for row in rows}
    assert min(gaps, key=gaps.__getitem__) == "l2"  # the smallest gap is last


def test_scores_of_both_directions(make_suite, tmp_path, folder):
    """One study's score is better if higher, the other's if lower."""
    suite = make_suite(studies=["mnist1d", "text"])
    suite.turn("text")
    leaderboard.write(suite.store(tmp_path), "made_up", folder)
    rows = rows_of(folder / "leaderboard.csv")
    for study in ("mnist1d", "text"):
        methods = [row["method"] for row in rows if row["study"] == study]
        assert methods == ["hard", "soft", "early_stopping", "none", "l2"]
    hard, l2 = (next(row for row in rows if row["study"] == "text" and row["method"] == m) for m in ("hard", "l2"))
    assert float(hard["delta_high"]) < 0 < float(l2["delta_low"])
    assert float(hard["gap_score"]) > 0
    text = (folder / "leaderboard.md").read_text(encoding="utf-8").split("## text")[1]
    assert "score is perplexity (lower is better)" in text
    marks = {line.split(" ")[1]: mark for line in text.splitlines() for mark in "▲▼" if mark in line and "| " in line}
    assert marks["hard"] == marks["soft"] == "▲"
    assert marks["l2"] == "▼"


def test_extra_metrics_file(make_suite, tmp_path, folder):
    suite = make_suite(studies=["mnist1d", "towers"])
    for run in suite.of_study("towers"):
        figure = {"snapshot": run["scored_at"], "split": "test", "metric": "ROC AUC"}
        run["extra_metrics"] = [figure | {"value": math.nan if run in suite.of("l2") else run["final_test_score"]}]
    leaderboard.write(suite.store(tmp_path), "made_up", folder)
    rows = rows_of(folder / "figures.csv")
    assert {(row["suite"], row["study"], row["figure"], row["split"]) for row in rows} == {
        ("made_up", "towers", "ROC AUC", "test")
    }
    assert {row["method"] for row in rows} == {"none", "hard", "soft", "l2", "early_stopping"}
    for row in rows:
        assert [row[name] == "" for name in ("mean", "low", "high")] == 3 * [row["method"] == "l2"]


def test_non_finite_values_are_null(make_suite, tmp_path, folder):
    table = leaderboard.write(make_suite().store(tmp_path), "made_up", folder).leaderboard
    odd = table.with_columns(gap_loss=math.inf, test_loss=-math.inf, gap_score=math.nan)
    assert file_table(odd).select("gap_loss", "test_loss", "gap_score").null_count().row(0) == 3 * (table.height,)


def test_json_equals_csv(make_suite, tmp_path, folder):
    suite = make_suite(seeds=1)
    leaderboard.write(suite.store(tmp_path), "made_up", folder)
    rows = rows_of(folder / "leaderboard.csv")

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    records = json.loads((folder / "leaderboard.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert len(records) == len(rows)
    for record, row in zip(records, rows, strict=True):
        assert list(record) == list(row)
        for name, value in record.items():
            if isinstance(value, bool):
                assert row[name] == str(value).lower()
            elif isinstance(value, float):
                assert float(row[name]) == value
            else:
                assert row[name] == ("" if value is None else str(value))
    assert records[0]["test_score_low"] is None


def test_markdown_equals_csv(make_suite, tmp_path, folder):
    leaderboard.write(make_suite().store(tmp_path), "made_up", folder)
    lines = (folder / "leaderboard.md").read_text(encoding="utf-8").split("## mnist1d")[1].split("###")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    heading, _, *shown = cells
    rows = rows_of(folder / "leaderboard.csv")
    assert [row[0].replace("\\", "") for row in shown] == [row["method"] for row in rows]
    for texts, row in zip(shown, rows, strict=True):
        score = texts[heading.index("test score")]
        value, low, high = map(float, re.findall(r"\d\.\d+", score))
        for number, name in ((value, ""), (low, "_low"), (high, "_high")):
            assert math.isclose(number, float(row[f"test_score{name}"]), abs_tol=0.00051)


def test_a_second_write_replaces_the_first(make_suite, tmp_path, folder):
    suite = make_suite(methods={"none": (0.8, 0.2, [None])})
    leaderboard.write(suite.store(tmp_path / "a"), "made_up", folder)
    other = make_suite(methods={"hard": (0.8, 0.2, [None])})
    leaderboard.write(other.store(tmp_path / "b"), "made_up", folder)
    assert [row["method"] for row in rows_of(folder / "leaderboard.csv")] == ["hard"]
    assert {path.name for path in folder.iterdir()} == FILES


def test_suite_without_finished_runs(make_suite, tmp_path, folder):
    suite = make_suite()
    suite.runs = []
    with pytest.raises(UserError, match="suite 'made_up' has no measured run"):
        leaderboard.write(suite.store(tmp_path), "made_up", folder)
    assert not folder.exists()


def test_folder_that_cannot_be_written(make_suite, tmp_path, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(OSError, match=f"File exists: '{folder}'"):
        leaderboard.write(make_suite().store(tmp_path), "made_up", folder)


def test_progress_of_the_suite(make_suite, tmp_path, folder):
    suite = make_suite()
    suite.runs = suite.runs[:-2]
    table = leaderboard.write(suite.store(tmp_path), "made_up", folder).leaderboard
    assert isinstance(table, pl.DataFrame)
    assert table["suite_runs_finished"].unique().to_list() == [len(suite.plan) - 2]
    assert table["suite_runs_planned"].unique().to_list() == [len(suite.plan)]


def test_p_values(make_suite, tmp_path, folder):
    leaderboard.write(make_suite(seeds=8).store(tmp_path), "made_up", folder)
    rows = rows_of(folder / "leaderboard.csv")
    hard, none = (next(row for row in rows if row["method"] == method) for method in ("hard", "none"))
    assert (hard["pairs"], float(hard["p_value"]), float(hard["p_adjusted"])) == ("8", 2 / 2**8, 4 * 2 / 2**8)
    assert (none["pairs"], none["p_value"], none["p_adjusted"]) == ("", "", "")
    assert re.search(r"^\| hard .* ▲ p ≤ 0\.031 \|", (folder / "leaderboard.md").read_text(), re.MULTILINE)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<i>p ≤ 0.031</i>" in page
    assert "No p-values" not in page


def test_few_seeds_have_no_p_values(make_suite, tmp_path, folder):
    leaderboard.write(make_suite(seeds=4).store(tmp_path), "made_up", folder)
    sentence = (
        "No p-values: with 4 seeds and 4 planned comparisons the smallest possible adjusted p-value is 0.5. "
        "Significance takes 8 seeds."
    )
    for name in ("index.html", "leaderboard.md"):
        text = (folder / name).read_text(encoding="utf-8")
        assert sentence in text
        assert re.search(r"\bp [01]", text.split("sharegap leaderboard")[-1]) is None
    assert {row["p_value"] + row["p_adjusted"] for row in rows_of(folder / "leaderboard.csv")} == {""}


def test_marks_are_explained_everywhere(make_suite, tmp_path, folder):
    report = leaderboard.write(make_suite().store(tmp_path), "made_up", folder)
    screen = StringIO()
    leaderboard.show(report, Console(file=screen, width=1000))
    for text in (screen.getvalue(), *((folder / name).read_text() for name in ("index.html", "leaderboard.md"))):
        assert MARKS in text
