"""A table of finished scores becomes a leaderboard in one command; docs/your_scores.md shows how, and runs."""

import re
import shlex

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from sharegap.commands.score_file import OPTIONS, store_scores
from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.run_list import run_table
from sharegap.results import Store
from sharegap.results.score_checks import COLUMNS
from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "your_scores.md").read_text()
EXAMPLES = re.findall(r"```(python|bash)\n(.*?)```", PAGE, re.S)
SCORE = ("score_name=accuracy", "higher_is_better=true")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of two methods on three seeds, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    rows = {"study": "a", "method": ["none"] * 3 + ["l2"] * 3, "seed": [0, 1, 2] * 2}
    rows |= {"train_score": [0.9, 0.91, 0.9, 0.88, 0.9, 0.89], "test_score": [0.5, 0.52, 0.5, 0.6, 0.61, 0.62]}
    frame = pl.DataFrame(rows)
    frame.write_csv("scores.csv")
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scores")


def examples():
    """The parts of the page in the order in which a reader runs them: the first command needs its table."""
    first, *others = EXAMPLES
    return [others[0], first, *others[1:]]


@pytest.mark.parametrize(("kind", "code"), examples(), ids=map(str, range(len(EXAMPLES))))
def test_the_page_runs(command, monkeypatch, folder, kind, code):
    monkeypatch.chdir(folder)
    if kind == "python":
        exec(code, {})
        return
    _, name, *arguments = shlex.split(code)
    result = command(name, *arguments)
    assert result.code == 0, result.err
    assert result.err == ""


def test_the_page_lists_the_columns():
    listed = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.M)))
    assert sorted(listed) == sorted(COLUMNS)


def test_parquet_and_csv_are_one_table(command, table, tmp_path):
    table.write_parquet("copy.parquet")
    printed = []
    for name in ("scores.csv", "copy.parquet"):
        result = command("leaderboard", f"table={name}", *SCORE)
        assert result.code == 0, result.err
        printed.append(result.out.splitlines()[:10])
    assert printed[0] == printed[1]
    assert (tmp_path / "out" / "leaderboard" / "scores" / "index.html").exists()


def test_page_says_where_scores_are_from(command, table, tmp_path):
    command("leaderboard", "table=scores.csv", *SCORE)
    page = (tmp_path / "out" / "leaderboard" / "scores" / "index.html").read_text()
    assert "Scores from scores.csv: 6 rows. Nothing was trained here." in page
    assert "table=scores.csv score_name=accuracy higher_is_better=true" in page
    for wrong in ("fresh seed", "on clean data: no dropout", "pytorch-lightning"):
        assert wrong not in page


def test_runs_of_a_leaderboard_are_a_table(make_suite, tmp_path):
    """They make the same leaderboard, but for what only training tells."""
    store = make_suite(studies=("mnist1d", "digits")).store(tmp_path)
    trained = load_report(store, "made_up")
    run_table(trained).write_csv(tmp_path / "runs.csv")
    store_scores(store, tmp_path / "runs.csv", OPTIONS | {"suite": "again"}, "")
    again = load_report(store, "again")
    columns = ("study", "method", "strength", "seeds", "test_score", "test_score_low", "gap_closed", "p_adjusted")
    columns += ("trials", "runs", "marked", "n_test", "unique_parameters", "delta_gap_high", "test_loss")
    assert_frame_equal(again.leaderboard.select(columns), trained.leaderboard.select(columns))
    assert_frame_equal(again.aggregate.drop("suite"), trained.aggregate.drop("suite"))


def test_trained_suite_is_not_replaced(command, make_suite, table, tmp_path):
    store = make_suite().store(tmp_path / "out", "scores")
    result = command("leaderboard", "table=scores.csv", *SCORE)
    assert result.code == 2
    assert "suite must be another name than that of a trained suite" in result.err
    assert len(store.plan("scores")[0]) > 6


def test_changed_table_replaces_the_old_one(command, table, tmp_path):
    for scores in ([0.5] * 6, [0.6] * 6):
        table.with_columns(test_score=pl.Series(scores)).write_csv("scores.csv")
        assert command("leaderboard", "table=scores.csv", *SCORE).code == 0
    assert len(Store(tmp_path / "out").runs()) == 6


def test_many_studies_have_no_pictures(command, table, tmp_path):
    table = table.filter(seed=0)
    studies = [table.with_columns(study=pl.lit(f"study {number}")) for number in range(41)]
    pl.concat(studies).write_csv("many.csv")
    result = command("leaderboard", "table=many.csv", *SCORE)
    assert "The tables of 41 studies are on the page." in result.out
    page = (tmp_path / "out" / "leaderboard" / "many" / "index.html").read_text()
    assert "Single studies have no pictures here, as there are more than 40." in page
    assert "Test error vs. gap" not in page


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["table=none.csv", *SCORE], "none.csv cannot be read as a CSV or Parquet table"),
        (["table=scores.csv"], "higher_is_better must be true or false, as scores.csv does not say it"),
        (["table=scores.csv", *SCORE, "suite=../up"], "suite must be at most 64 letters, digits"),
        (["baseline=none"], "baseline must be left out without a table, got none"),
        (["table=scores.csv", "score_name=x", "higher_is_better=yes"], "must be true or false, got 'yes'"),
    ],
)
def test_mistake_is_one_sentence(command, table, words, sentence):
    result = command("leaderboard", *words)
    assert result.code == 2
    assert sentence in result.err
    assert result.err.count("\n") == 1
