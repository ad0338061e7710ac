"""Training curves: means over the measured seeds."""

import numpy as np
import pytest

from sharegap.leaderboard.figures import draw_training_curves
from sharegap.leaderboard.figures.training_curves import AGAINST, MAX_POINTS, limit, mean_curves
from tests.leaderboard.pictures import rows_of


@pytest.fixture
def curves_of(make_study):
    """The curves of a suite's first study by method, panel and metric."""

    def curves(suite):
        found = mean_curves(make_study(suite).selected_runs)
        return {(curve.method, curve.panel, curve.metric): curve for curve in found}

    return curves


def test_curves_end_at_the_first_stop(make_suite, curves_of):
    suite = make_suite()
    for name in [name for name in suite.runs[0] if name.startswith("curve_")]:
        suite.of("hard")[0][name] = suite.of("hard")[0][name][:2]
    curves = curves_of(suite)
    assert curves["hard", "train", "loss"].x == (0, 50)
    assert curves["early_stopping", "train", "loss"].x == (0, 50, 100, 200)
    assert curves["none", "train", "loss"].x == (0, 50, 100, 200, 400)


def test_curves_of_test_against_train(make_suite, curves_of):
    suite = make_suite()
    hard = curves_of(suite)["hard", AGAINST, "score"]
    runs = suite.of("hard", "measure")
    assert hard.x == pytest.approx(runs[0]["curve_train_score"])  # the same in all runs
    assert hard.y == pytest.approx(np.mean([run["curve_test_score"] for run in runs], 0))


def test_picture_draws_the_curves(make_suite, make_study):
    study = make_study(make_suite())
    chart = draw_training_curves(study.selected_runs, study.styles)
    drawn = rows_of(chart.vconcat[0].hconcat[0])
    (curve,) = [
        curve
        for curve in mean_curves(study.selected_runs)
        if (curve.method, curve.panel, curve.metric) == ("hard", "train", "loss")
    ]
    assert [(row["x"], row["y"]) for row in drawn if row["method"] == "hard"] == list(
        zip(curve.x, curve.y, strict=True)
    )


def test_long_curves_are_thinned(make_suite, make_study):
    """Both ends stay."""
    suite = make_suite()
    names = [name for name in suite.runs[0] if name.startswith("curve_")]
    for run in suite.runs:
        run.update({name: list(range(500)) for name in names})
    study = make_study(suite)
    chart = draw_training_curves(study.selected_runs, study.styles)
    steps = [row["x"] for row in rows_of(chart.vconcat[0].hconcat[0], method="hard")]
    assert len(steps) == MAX_POINTS
    assert (steps[0], steps[-1]) == (0, 499)


def test_panels_without_validation(make_suite, make_study):
    suite = make_suite()
    for run in suite.runs:
        run.update(curve_validation_loss=None, curve_validation_score=None)
    study = make_study(suite)
    chart = draw_training_curves(study.selected_runs, study.styles)
    assert [panel["title"] for panel in chart.to_dict()["vconcat"][0]["hconcat"]] == ["train", AGAINST]


def test_far_worse_lines_are_cut_off(make_suite, curves_of):
    """One of five methods with a hundredfold loss does not flatten the others."""
    suite = make_suite()
    for run in suite.of("l2"):
        run["curve_train_loss"] = [100 * loss for loss in run["curve_train_loss"]]
    low, high = limit(list(curves_of(suite).values()), "loss", higher_is_better=False)
    assert low < 0 < 2.3 < high < 10


def test_nothing_to_draw(make_suite, make_study, diverge):
    suite = make_suite()
    for run in suite.runs:
        run.update({name: None for name in run if name.startswith("curve_")})
    study = make_study(suite)
    assert draw_training_curves(study.selected_runs, study.styles) is None
