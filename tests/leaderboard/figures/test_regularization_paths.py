"""The sharing path with its ends, and the regularization paths."""

import json
import math
import re

import pytest

from tests.leaderboard.pictures import rows_of

MEASURES = ["test accuracy", "gap (train − test)", "gap in loss (test − train)", "copy distance", "CKA of copies"]


def values(chart, part, name="y", **fields):
    return [row[name] for row in rows_of(chart, part=part, **fields)]


def test_sharing_path_ends(make_suite, make_study, make_paths):
    """It goes from independent to hard sharing, which are rows of two methods of the table."""
    suite = make_suite()
    chart = make_paths(suite).draw_sharing_path()
    assert values(chart, "line", "x", row=0) == pytest.approx([-3, -2, -1, 0, 1])  # the logit of ρ
    scores = {row["method"]: row["test_score"] for row in make_study(suite).rows}
    path = values(chart, "line", row=0)
    assert (path[0], path[-1]) == (pytest.approx(scores["none"]), pytest.approx(scores["hard"]))
    assert values(chart, "level", row=0) == 2 * [pytest.approx(scores["none"])]


def test_sharing_path_axis(make_suite, make_paths):
    """The axis is the correlation of the copies."""
    ticks = rows_of(make_paths(make_suite()).draw_sharing_path(), part="tick")
    assert {row["text"]: row["x"] for row in ticks} == pytest.approx(
        {"0 (independent)": -3, "0.01": math.log10(0.01 / 0.99), "0.1": -math.log10(9), "0.5": 0, "1 (hard)": 1}
    )


def test_sharing_path_panels(make_suite, make_paths):
    chart = make_paths(make_suite()).draw_sharing_path()
    assert values(chart, "title", "text") == MEASURES
    assert values(chart, "line", row=3) == pytest.approx([0.5] * 5)
    assert values(chart, "line", row=4) == pytest.approx([0.6] * 5)


def test_paths_are_over_the_tuning_seeds(make_suite, make_paths):
    """Two seeds have no bars: their intervals would hide everything else."""
    suite = make_suite()
    for run in suite.of("l2", "measure"):
        run["final_test_score"] = 0.1
    chart = make_paths(suite).draw_regularization_paths()
    assert values(chart, "title", "text") == ["l2", "early_stopping"]
    (score, *_) = points = values(chart, "line", row=0, column=0)
    assert min(points) > 0.5
    assert values(chart, "bar") == []
    assert values(chart, "ring", row=0, column=0) == [score]
    assert values(chart, "tick", "text", column=0) == ["0.0001", "0.001", "0.01"]


def test_three_seeds_have_bars(make_suite, make_paths, monkeypatch):
    monkeypatch.setattr("tests.made_up_suite.TUNING_SEEDS", 3)
    chart = make_paths(make_suite()).draw_regularization_paths()
    assert len(rows_of(chart, part="bar")) == len(rows_of(chart, part="line")) == 2 * 6
    assert all(row["y_low"] <= row["y"] <= row["y_high"] for row in rows_of(chart, part="bar"))


def test_where_lower_is_better(make_suite, make_paths):
    suite = make_suite()
    suite.turn("mnist1d")
    paths = make_paths(suite)
    assert values(paths.draw_sharing_path(), "title", "text")[:2] == ["test perplexity", "gap (test − train)"]
    assert "Below: gap (test − train)" in paths.draw_regularization_paths().to_dict()["title"]


def test_diverged_strength_has_no_value(make_suite, make_paths, diverge):
    suite = make_suite()
    for run in suite.of("l2", "tune")[:2]:
        diverge(run)
    chart = make_paths(suite).draw_regularization_paths()
    assert len(values(chart, "line", row=0, column=0)) == 2
    assert len(values(chart, "line", row=0, column=1)) == 3
    for run in suite.of("l2", "tune")[2:4]:
        diverge(run)
    chart = make_paths(suite).draw_regularization_paths()
    assert len(values(chart, "point", row=0, column=0)) == 1  # a line through one value would not be seen


def test_line_says_all_values(make_suite, make_paths):
    chart = make_paths(make_suite()).draw_regularization_paths()
    (line, *_) = rows_of(chart, part="line", row=0, column=0)
    method, details = json.loads(line["description"])
    assert method == "l2"
    assert re.fullmatch(r"0.0001: 0\.\d+.*; 0.001: 0\.\d+.*; 0.01: 0\.\d+.*", details)


def test_one_strength_is_no_path(make_suite, make_paths):
    paths = make_paths(make_suite(methods={"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])}))
    assert paths.draw_sharing_path() is None
    assert paths.draw_regularization_paths() is None
