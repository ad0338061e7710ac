"""The runs behind every figure, and the configuration of every run."""

import csv
import json
import re

import polars as pl
import pytest

from sharegap import leaderboard


@pytest.fixture
def write(tmp_path):
    """Writes a suite; the rows of runs.csv and the page."""

    def write_suite(suite):
        folder = tmp_path / "leaderboard"
        leaderboard.write(suite.store(tmp_path), "made_up", folder)
        return rows_of(folder / "runs.csv"), (folder / "index.html").read_text(encoding="utf-8")

    return write_suite


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def mean(values):
    values = [float(value) for value in values]
    return sum(values) / len(values)


def test_one_row_per_finished_run(make_suite, write):
    suite = make_suite(studies=["mnist1d", "digits"])
    suite.runs = suite.runs[:-3]
    rows, _ = write(suite)
    assert [row["run"] for row in rows] == [run["run"] for run in suite.runs]
    assert list(rows[0])[:10] == [
        *("suite", "study", "method", "strength", "second_strength", "learning_rate", "phase", "trial", "seed", "run")
    ]
    named = {
        "final_test_score",
        "best_val_train_loss",
        "best_val_step",
        "loss_matched_gap_loss",
        "score_matched_test_score",
    }
    assert named | {"gap_score", "test_loss", "unique_parameters", "train_seconds", "diverged"} <= set(rows[0])
    planned = {row["run"]: row for row in suite.plan}
    for row, run in zip(rows, suite.runs, strict=True):
        assert (row["study"], row["method"]) == (planned[run["run"]]["study"], planned[run["run"]]["method"])
        assert float(row["test_score"]) == run[f"{run['scored_at']}_test_score"]


def test_measured_runs_give_the_leaderboard(make_suite, write, tmp_path):
    rows, _ = write(make_suite())
    measured_runs = [row for row in rows if row["phase"] == "measure"]
    table = rows_of(tmp_path / "leaderboard" / "leaderboard.csv")
    for row in table:
        runs = [run for run in measured_runs if run["method"] == row["method"]]
        assert {run["strength"] for run in runs} == {row["strength"]}
        assert len(runs) == int(row["seeds"])
        for figure in ("test_score", "gap_loss", "loss_matched_gap_score", "score_matched_test_score"):
            assert mean(run[figure] for run in runs) == pytest.approx(float(row[figure]))


def test_diverged_run_has_empty_values(make_suite, write, diverge):
    suite = make_suite()
    diverge(suite.of("hard")[0])
    rows, _ = write(suite)
    row = next(row for row in rows if row["run"] == suite.of("hard")[0]["run"])
    assert (row["diverged"], row["test_score"], row["final_test_loss"]) == ("true", "", "")


def test_run_shared_by_two_studies(make_suite, write):
    """It is a row of each."""
    suite = make_suite(studies=["a", "b"])
    first, second = ([row for row in suite.plan if row["study"] == study] for study in ("a", "b"))
    for row, other in zip(first, second, strict=True):
        other["run"] = row["run"]
    rows, _ = write(suite)
    assert len(rows) == len(suite.plan)


def test_trials_of_one_strength(make_suite, write):
    """Each learning rate is a trial of its own, and so is what was measured."""
    suite = make_suite(methods={"none": (0.8, 0.2, [None] * 2), "soft": (0.85, 0.1, [0.1, 0.1])})
    for row in suite.plan:
        row["learning_rate"] = [0.01, 0.03][row["trial"]]
    rows, _ = write(suite)
    trials = dict.fromkeys(
        (row["method"], row["phase"], row["trial"], row["strength"], row["learning_rate"]) for row in rows
    )
    assert list(trials) == [
        ("none", "tune", "0", "", "0.01"),
        ("none", "tune", "1", "", "0.03"),
        ("none", "measure", "0", "", "0.01"),
        ("soft", "tune", "0", "0.1", "0.01"),
        ("soft", "tune", "1", "0.1", "0.03"),
        ("soft", "measure", "0", "0.1", "0.01"),
    ]


def test_page_says_where_a_run_s_config_is(make_suite, write, tmp_path):
    suite = make_suite()
    for number, run in enumerate(suite.runs):
        run["config"] = json.dumps({"number": number})
    rows, page = write(suite)
    assert '<a href="runs.csv">runs.csv</a>' in page
    files, column = re.search("its configuration in <code>(.*?)</code>, column <code>(.*?)</code>", page).groups()
    configs = dict(pl.read_parquet(tmp_path / files).select("run", column).iter_rows())
    numbers = [json.loads(configs[row["run"]])["number"] for row in rows]
    assert [suite.runs[number]["run"] for number in numbers] == [row["run"] for row in rows]
