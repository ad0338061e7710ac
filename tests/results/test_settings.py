"""One row per setting of runs without a suite."""

import json
import math

import polars as pl
import pytest

from sharegap.results import RUNS
from sharegap.results.settings import options_of, summarize_settings, varying_options
from tests.helpers import make_run
from tests.results.conftest import row

CONFIG = {
    "dataset": {"name": "mnist1d", "n_train": 300, "augmentation": {"shift": 2}},
    "model": {"name": "local1d"},
    "sharing": {"name": "soft", "strength": 0.1},
    "regularizer": {},
    "seed": 0,
}


def changed(seed=0, **sections):
    """CONFIG with another seed, and with sections changed."""
    return CONFIG | {name: CONFIG[name] | section for name, section in sections.items()} | {"seed": seed}


def summarize(*cases):
    """The rows of runs from (config, figures in wide form)."""
    rows = [row(str(i), config=json.dumps(config), **figures) for i, (config, figures) in enumerate(cases)]
    return summarize_settings(pl.DataFrame(rows, schema=RUNS))


def scores(validation, test=0.5):
    return {"final_validation_score": validation, "final_test_score": test}


def test_interval_over_seeds():
    """Mean ± t(0.975, 2) · s / √3 of 0.5, 0.6, 0.7; the table's t is 4.303."""
    (setting,) = summarize(*((changed(seed), scores(0.5 + seed / 10, test=0.4)) for seed in range(3)))
    assert setting["seeds"] == 3
    assert setting["validation_score"] == pytest.approx(0.6)
    half = 4.303 * 0.1 / math.sqrt(3)
    assert setting["validation_score_low"] == pytest.approx(0.6 - half, abs=1e-4)
    assert setting["validation_score_high"] == pytest.approx(0.6 + half, abs=1e-4)
    assert setting["gap_score"] == pytest.approx(0.1)
    assert not setting["is_best"]  # of one


def test_one_seed_has_no_interval():
    (setting,) = summarize((changed(), scores(0.7)))
    assert setting["validation_score"] == 0.7
    assert math.isnan(setting["validation_score_low"])


def test_figures_at_scored_weights():
    (setting,) = summarize((changed(), {"scored_at": "best_val", "best_val_test_score": 0.9, "final_test_score": 0.1}))
    assert setting["test_score"] == 0.9


@pytest.mark.parametrize("higher", [True, False])
def test_best_is_by_validation(higher):
    """The test score would choose the other one."""
    sign = 1 if higher else -1
    figures = [scores(3 + sign, test=3 - sign), scores(3 - sign, test=3 + sign)]
    cases = [
        (changed(sharing={"strength": strength}), figure | {"higher_is_better": higher})
        for strength, figure in zip((0.1, 1.0), figures, strict=True)
    ]
    assert [setting["is_best"] for setting in summarize(*cases)] == [True, False]


@pytest.mark.parametrize("section", [{"dataset": {"n_train": 900}}, {"model": {"name": "patches"}}])
def test_best_is_of_comparable_settings(section):
    cases = []
    for other in ({}, section):
        for strength in (0.1, 1.0):
            validation = 0.6 + strength / 10 + 0.2 * bool(other)
            cases.append((changed(**{"sharing": {"strength": strength}} | other), scores(validation)))
    assert [setting["is_best"] for setting in summarize(*cases)] == [False, True, False, True]


def test_best_of_augmentations():
    """They change what is trained on, and not what is measured on."""
    cases = [(changed(dataset={"augmentation": {"shift": shift}}), scores(shift / 10)) for shift in (2, 4)]
    assert [setting["is_best"] for setting in summarize(*cases)] == [False, True]


def test_diverged_run_is_counted():
    """Its score means nothing: the setting has no mean, and cannot be the best."""
    diverged = scores(0.9) | {"diverged": True, "final_validation_loss": math.nan}
    weak, strong = summarize(
        (changed(), scores(0.6)),
        (changed(0, sharing={"strength": 1.0}), diverged),
        (changed(1, sharing={"strength": 1.0}), scores(0.9)),
    )
    assert (weak["seeds"], weak["diverged"], weak["is_best"]) == (1, 0, True)
    assert (strong["seeds"], strong["diverged"], strong["is_best"]) == (2, 1, False)
    assert math.isnan(strong["validation_score"])


def test_rows_are_in_order_of_options():
    """Numbers by their size."""
    cases = [(changed(sharing={"strength": strength}), scores(0.5)) for strength in (10.0, 9.0, 0.5)]
    assert [setting["options"]["sharing.strength"] for setting in summarize(*cases)] == [0.5, 9.0, 10.0]


def test_no_runs_no_settings():
    assert summarize() == []


def varying(*overrides):
    return varying_options(options_of(make_run(*words).config) for words in overrides)


@pytest.mark.parametrize(
    ("overrides", "names"),
    [
        ([["sharing=soft"], ["sharing=hard"]], ["sharing"]),
        ([["sharing=soft"], ["sharing=soft", "sharing.strength=2"], ["sharing=hard"]], ["sharing", "sharing.strength"]),
        (
            [["sharing=soft_penalty"], ["sharing=soft_penalty", "sharing.strategy.distance=l1"]],
            ["sharing.strategy.distance"],
        ),
        ([["regularizer=[l2]"], ["regularizer=[l2,dropout]"], []], ["regularizer"]),
        (
            [["regularizer=[l2]"], ["regularizer=[l2,dropout]", "regularizer.l2.strength=1"]],
            ["regularizer", "regularizer.l2.strength"],
        ),
        ([["dataset=mnist1d"], ["dataset=digits", "model=local2d"]], ["dataset", "model"]),
        ([["seed=1"], ["seed=2"]], []),
        ([[], ["trainer.precision=64-true"]], ["trainer.precision"]),
        ([[], ["optimizer.lr=0.5"]], ["optimizer.lr"]),
    ],
)
def test_options_that_vary(overrides, names):
    """A strategy, a data set or a regularizer shows as its name, without what follows from it."""
    assert varying(*overrides) == names


def test_options_of_loader_are_not_repeated():
    config = {"dataset": {"name": "table", "kind": None, "load": {"kind": None, "_target_": "x"}}}
    assert list(options_of(config)) == ["dataset", "dataset.kind", "dataset.load._target_", "regularizer"]
