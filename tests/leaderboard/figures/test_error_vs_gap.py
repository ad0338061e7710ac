"""Test error vs. gap: points and intervals are those of the table."""

import pytest

from sharegap.leaderboard.figures import draw_error_vs_gap
from sharegap.leaderboard.figures.error_vs_gap import ZERO_TRAIN_ERROR
from sharegap.leaderboard.figures.scatter import Axis
from tests.leaderboard.pictures import rows_of


def draw(study):
    return draw_error_vs_gap(study.leaderboard, study.styles)


def titles_of(chart):
    """The titles of both axes."""
    points = next(layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "point")
    return [points["encoding"][axis]["title"] for axis in "xy"]


def test_points_are_the_rows_of_the_table(make_suite, make_study):
    study = make_study(make_suite())
    chart = draw(study)
    for row in study.rows:
        points = rows_of(chart, method=row["method"])
        assert {point["x"] for point in points} == {row["gap_score"]}
        assert [point["y"] for point in points] == pytest.approx([1 - row["test_score"]] * len(points))
        assert {(point["x_low"], point["x_high"]) for point in points} == {
            (row["gap_score_low"], row["gap_score_high"])
        }
        low, high = 1 - row["test_score_high"], 1 - row["test_score_low"]
        assert (points[0]["y_low"], points[0]["y_high"]) == pytest.approx((low, high))


@pytest.mark.parametrize(("score", "bound"), [("verification accuracy", True), ("R²", False)])
def test_error_is_1_minus_the_score(make_suite, make_study, score, bound):
    """Only an accuracy has a line of train error 0: other scores have no such bound."""
    suite = make_suite()
    for run in suite.runs:
        run["score_name"] = score
    chart = draw(make_study(suite))
    assert titles_of(chart) == [f"gap in {score} (train − test)", f"test error (1 − {score})"]
    assert (chart.to_dict().get("title") == ZERO_TRAIN_ERROR) == bound
    ends = [row for row in rows_of(chart) if "method" not in row]
    assert [row["x"] for row in ends] == [row["y"] for row in ends]
    assert bool(ends) == bound


def test_error_where_lower_is_better(make_suite, make_study):
    """The error is the distance to the best perplexity, 1."""
    suite = make_suite()
    suite.turn("mnist1d")
    chart = draw(make_study(suite))
    assert titles_of(chart) == ["gap in perplexity (test − train)", "test error (perplexity − 1)"]
    (point, *_) = rows_of(chart, method="hard")
    assert point["y"] == pytest.approx(9, abs=1)
    assert point["y_low"] < point["y"] < point["y_high"]


def test_diverged_method_has_no_mark(make_suite, make_study, diverge):
    suite = make_suite()
    for run in suite.of("l2"):
        diverge(run)
    chart = draw(make_study(suite))
    assert {row["method"] for row in rows_of(chart) if "method" in row} == {"none", "hard", "soft", "early_stopping"}


def test_nothing_to_draw(make_suite, make_study, diverge):
    suite = make_suite()
    for run in suite.runs:
        diverge(run)
    assert draw(make_study(suite)) is None


def test_labels_stay_inside(make_suite, make_study):
    chart = draw(make_study(make_suite()))
    (x_low, x_high), (y_low, y_high) = (
        chart.to_dict()["layer"][-2]["encoding"][axis]["scale"]["domain"] for axis in "xy"
    )
    labels = [row for row in rows_of(chart) if "label_x" in row]
    assert len(labels) == 5
    for label in labels:
        assert x_low < label["label_x"] < x_high
        assert y_low < label["label_y"] < y_high


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("is_vertical", [False, True])
def test_axis_there_and_back(is_log, is_vertical):
    axis = Axis(2.0, 32.0, length=100, is_vertical=is_vertical, is_log=is_log)
    assert axis.to_pixels(2.0) == (100 if is_vertical else 0)
    assert axis.to_value(50) == pytest.approx(8.0 if is_log else 17.0)
    assert axis.to_value(axis.to_pixels(5.0)) == pytest.approx(5.0)
