"""A table of finished scores becomes a suite, and what is wrong with it is one sentence that names the place."""

import json

import polars as pl
import pytest

from sharegap.errors import UserError
from sharegap.results.schema import RUNS
from sharegap.results.score_table import suite_of_scores
from sharegap.results.selection import join_runs, selected_runs

DEFAULTS = {"score_name": "accuracy", "higher_is_better": "true"}


def make_table(**columns):
    """Two methods on two seeds of one study, a score for each."""
    rows = {"study": "a", "method": ["none", "none", "l2", "l2"], "seed": [0, 1, 0, 1]}
    return pl.DataFrame(rows | {"test_score": [0.5, 0.6, 0.7, 0.8]} | columns)


def read(table, baseline="none", **defaults):
    return suite_of_scores(table, "mine", source="mine.csv", baseline=baseline, defaults=DEFAULTS | defaults)


def joined(table, **options):
    suite = read(table, **options)
    return join_runs(suite.plan, suite.facts, pl.DataFrame(suite.runs, schema=RUNS))


def search(scores, **columns):
    """A method with a row for each strength, seed 0, and the baseline."""
    strengths = list(scores)
    rows = {"study": "a", "method": ["none"] + ["l2"] * len(strengths), "seed": 0, "test_score": 0.5}
    rows |= {"strength": [None, *strengths], "validation_score": [0.5, *scores.values()]}
    return pl.DataFrame(rows | columns)


def test_scores_reach_the_joined_runs():
    runs = joined(make_table(train_score=[0.9, 0.9, 1.0, 1.0], n_test=50, diverged=False, train_loss=0.1))
    assert runs["test_score"].to_list() == [0.5, 0.6, 0.7, 0.8]
    assert runs["gap_score"].to_list() == pytest.approx([0.4, 0.3, 0.3, 0.2])
    assert runs["n_test"].unique().to_list() == [50]
    assert runs["train_loss"].to_list() == [0.1] * 4
    assert runs["study_complete"].all()


def test_train_and_test_change_places_where_lower_is_better():
    runs = joined(make_table(train_score=0.4), score_name="RMSE", higher_is_better="false")
    assert runs["gap_score"].to_list() == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("scores", "chosen", "at_edge"),
    [
        ({1.0: 0.5, 0.1: 0.9, 10.0: 0.7}, 0.1, True),
        ({1.0: 0.9, 0.1: 0.5, 10.0: 0.7}, 1.0, False),
        ({10.0: 0.9, 0.1: 0.5, 1.0: 0.9}, 1.0, False),  # a tie
    ],
)
def test_strength_is_selected_on_validation(scores, chosen, at_edge):
    runs = joined(search(scores))
    measured = selected_runs(runs).filter(method="l2")
    assert measured["strength"].to_list() == [chosen]
    assert measured["at_edge"].to_list() == [at_edge]
    assert runs.filter(method="l2", phase="tune")["strength"].to_list() == list(scores)


def test_lower_is_better_selects_the_lowest():
    runs = joined(search({0.1: 0.9, 1.0: 0.2}), higher_is_better="false")
    assert selected_runs(runs).filter(method="l2")["strength"].to_list() == [1.0]


def test_failed_training_is_never_selected():
    table = search({0.1: None, 1.0: 0.1}, diverged=[False, True, False])
    assert selected_runs(joined(table)).filter(method="l2")["strength"].to_list() == [1.0]


def test_trials_without_numbers_are_a_search():
    table = search({1.0: 0.4, 2.0: 0.8}).rename({"strength": "trial"})
    measured = selected_runs(joined(table)).filter(method="l2")
    assert measured["validation_score"].to_list() == [0.8]


def test_without_validation_each_strength_is_a_method():
    suite = read(search({0.1: 0.4, 1.0: 0.8}).drop("validation_score"))
    assert suite.plan["method"].to_list() == ["none", "l2 0.1", "l2 1"]
    assert "nothing was selected" in " ".join(suite.facts["notes"])


def test_phase_says_what_was_selected():
    table = search({0.1: 0.9, 1.0: 0.2}, phase=["measure", "tune", "measure"])
    assert selected_runs(joined(table)).filter(method="l2")["strength"].to_list() == [1.0]


def test_notes_say_what_is_missing():
    suite = read(make_table(colour="red"))
    assert suite.facts["notes"] == [
        "Scores from mine.csv: 4 rows. Nothing was trained here.",
        "No train scores: there is no gap.",
        "Columns that are not used: colour.",
    ]


def test_equal_rows_in_two_tables_are_one_run():
    first, second = read(make_table()), read(make_table(test_score=[0.5, 0.6, 0.7, 0.9]))
    same = [left["run"] == right["run"] for left, right in zip(first.runs, second.runs, strict=True)]
    assert same == [True, True, True, False]
    assert all(json.loads(run["config"])["seed"] in (0, 1) for run in first.runs)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"test_score": ["0.5", "0.6", "n/a", "0.8"]}, "row 3: test_score must be a number, got 'n/a'"),
        ({"test_score": [0.5, None, 0.7, 0.8]}, "row 2: test_score must be a number, got an empty field"),
        ({"test_score": [0.5, float("nan"), 0.7, 0.8]}, "row 2: test_score must be finite, got nan"),
        (
            {"test_score": [50.0, 60.0, 70.0, 80.0]},
            "row 1: test_score must be at most 1 where higher is better, got 50",
        ),
        ({"train_score": [0.5, 0.5, 0.5, float("inf")]}, "row 4: train_score must be finite, got inf"),
        ({"seed": [0.0, 1.0, 0.0, 1.5]}, "row 4: seed must be a whole number, got 1.5"),
        ({"seed": [0, 1, 0, 0]}, "rows 3 and 4 must not both be study a, method l2, seed 0"),
        ({"seed": [0, 1, 0, 2]}, "must have a row of study a, method none, seed 2"),
        ({"method": ["none", "none", "l2", None]}, "row 4: method must be text, got an empty field"),
        ({"n_test": [10, 10, 10, 20]}, "row 4: n_test must be the same in all rows of a study, got 20 and 10"),
        ({"phase": ["measure", "measure", "measure", "final"]}, "row 4: phase must be tune or measure, got 'final'"),
        ({"phase": "measure", "strength": [None, None, 1.0, 2.0], "seed": [0, 1, 0, 0]}, "must have a row of"),
        (
            {"phase": "measure", "strength": [None, None, 1, 2], "seed": 0, "method": list("abcc")},
            "one setting of method c",
        ),
        ({"diverged": ["false", "false", "false", "perhaps"]}, "row 4: diverged must be true or false, got 'perhaps'"),
        ({"score_name": "accuracy"}, "score_name must be left out, as mine.csv has a column of this name"),
    ],
)
def test_mistake_is_one_sentence(columns, sentence):
    with pytest.raises(UserError) as error:
        read(make_table(**columns))
    assert sentence in str(error.value)


def test_missing_column_is_named():
    with pytest.raises(UserError, match=r"mine\.csv must have a column test_score, got study, method, seed"):
        read(make_table().drop("test_score"))


def test_unknown_baseline_is_named():
    with pytest.raises(UserError, match=r"baseline: there is no method in mine\.csv 'nome': did you mean none\?"):
        read(make_table(), baseline="nome")


def test_direction_is_asked_for():
    with pytest.raises(UserError, match=r"higher_is_better must be true or false, as mine\.csv does not say it"):
        read(make_table(), higher_is_better="")


def test_negative_error_is_refused():
    with pytest.raises(UserError, match=r"row 1: test_score must be >= 0 where lower is better, got -1"):
        read(make_table(test_score=-1.0), higher_is_better="false")
