"""What a finished run looks like in another program."""

import math

import polars as pl
import pytest

from sharegap.tracking.view import run_views
from tests.tracking.conftest import labels_of


def test_config_is_flat(make_runs):
    """It can be filtered and grouped by, and the whole config of the run is under one key."""
    runs = make_runs("abc", strength=0.1).with_columns(commit=pl.lit("0a1b2c3"))
    [view] = run_views(runs, {"abc": [labels_of()]})
    place = {"suite": "smoke", "series": "mnist1d", "study": "mnist1d", "method": "soft", "at_edge": False}
    place |= {"phase": "measure", "chosen": True, "trial": 1, "seed": 2, "run": "abc", "commit": "0a1b2c3"}
    settings = {"dataset": "d", "model": "m", "n_train": 9, "strength": 0.1, "learning_rate": 0.01, "target_loss": 0.5}
    scores = {"score_name": "accuracy", "higher_is_better": True, "scored_at": "final"}
    options = view.config.pop("options")
    assert view.config == place | settings | scores
    assert options["sharing"] == {"strength": 0.1}


def test_summary_is_at_the_scored_weights(make_runs):
    figures = {
        "best_val_test_score": 0.7,
        "best_val_train_score": 0.9,
        "best_val_test_loss": 1.5,
        "scored_at": "best_val",
    }
    extra = [{"snapshot": "final", "split": "test", "metric": "ROC AUC", "value": 0.9}]
    [view] = run_views(make_runs("abc", extra_metrics=extra, **figures), {})
    summary = view.summary
    assert (summary["test_score"], summary["validation_score"]) == (0.7, 0.5)
    assert (summary["gap_score"], summary["gap_loss"]) == pytest.approx((0.2, 0.5))
    assert (summary["unique_parameters"], summary["train_seconds"], summary["diverged"]) == (10, 1.0, False)
    assert (summary["final/test/score"], summary["final/step"], summary["final/test/ROC AUC"]) == (0.5, 100, 0.9)


def test_curve_by_step(make_runs):
    names = [f"curve_{split}_{metric}" for split in ("train", "validation", "test") for metric in ("loss", "score")]
    curves = {name: [0.1, math.nan] for name in names} | {"curve_train_loss": [0.2, 0.3], "curve_step": [10, 20]}
    [view] = run_views(make_runs("abc", **curves), {})
    assert view.curve[10]["validation/score"] == 0.1
    assert view.curve[20] == {"train/loss": 0.3}


def test_what_was_not_measured_is_left_out(make_runs):
    [view] = run_views(make_runs("abc", final_cka=math.nan, best_val_test_score=None), {})
    assert not {"cka", "final/cka", "best_val/test/score"} & view.summary.keys()
    assert not {"second_strength", "strength", "commit"} & view.config.keys()


@pytest.mark.parametrize(
    ("position", "tuned", "shown"),
    [(math.inf, None, math.inf), (0.0, None, 0.0), (None, 0.1, 0.1), (None, math.inf, math.inf)],
)
def test_strength_is_the_place_on_a_path(make_runs, position, tuned, shown):
    """Hard sharing tunes nothing, and is the end λ = ∞ of the path of soft sharing."""
    labels = labels_of(path_position=position, tunes=None if tuned is None else "sharing.strength")
    [view] = run_views(make_runs("abc", strength=tuned), {"abc": [labels]})
    assert view.config["strength"] == shown


def test_runs_that_differ_in_their_seed_are_one_group(make_runs):
    """Other phases, trials, studies and suites are other groups."""
    places = [{}, {"seed": 3}, {"phase": "tune"}, {"trial": 2}, {"study": "digits"}, {"suite": "default"}]
    runs = [str(number) for number in range(len(places))]
    labels = {run: [labels_of(**place)] for run, place in zip(runs, places, strict=True)}
    views = list(run_views(make_runs(*runs), labels))
    assert views[0].group == views[1].group == "smoke: mnist1d soft, measure trial 1"
    assert len({view.group for view in views}) == len(views) - 1
    assert len({view.name for view in views[:-1]}) == len(views) - 1
    assert [view.config["chosen"] for view in views] == [True, True, False, True, True, True]


def test_run_of_two_rows_has_the_tags_of_both(make_runs):
    labels = [labels_of(), labels_of(suite="default", phase="tune", study="x" * 99)]
    [view] = run_views(make_runs("abc"), {"abc": labels})
    assert view.tags == ["smoke", "default", "mnist1d", "x" * 64, "measure", "tune"]
    assert view.config["suite"] == "smoke"


def test_run_outside_suites(make_runs):
    [view] = run_views(make_runs("abc"), {})
    assert (view.name, view.group, view.tags) == ("abc", None, [])
    assert not {"suite", "chosen", "phase"} & view.config.keys()
