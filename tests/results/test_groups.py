"""Mean, spread and number of each figure over seeds, against numpy."""

import math

import numpy as np
import pytest

from sharegap.results import join_runs
from sharegap.results.groups import FIGURES, LABELS, group_table

TEST, TRAIN = [0.5, 0.7, 0.9, 0.6], [0.8, 0.9, 1.0, 0.7]


def cases(method, strength, test, train):
    return {
        (method, strength, seed): {"final_test_score": score, "final_train_score": train[seed]}
        for seed, score in enumerate(test)
    }


def figures_of(table, figure):
    return table.filter(figure=figure).select(*LABELS[2:6], "mean", "standard_deviation", "n", "standard_error").rows()


def test_groups_differ_in_more_than_the_seed(make_table):
    """The tuning seeds of each strength and the measured ones are groups of their own; infinite strengths are one."""
    tuning = {**cases("soft", 0.1, TEST[:2], TRAIN), **cases("soft", math.inf, TEST[2:], TRAIN)}
    table = group_table(join_runs(*make_table(cases("soft", math.inf, TEST, TRAIN), tuning)))
    gaps = np.subtract(TRAIN, TEST)
    scored = figures_of(table, "gap_score")
    assert [row[:4] for row in scored] == [
        ("soft", "tune", 0, 0.1),
        ("soft", "tune", 1, math.inf),
        ("soft", "measure", 1, math.inf),
    ]
    mean, deviation, n, error = scored[-1][4:]
    assert (mean, deviation, n) == pytest.approx((gaps.mean(), gaps.std(ddof=1), 4))
    assert error == pytest.approx(gaps.std(ddof=1) / 2)
    assert table["figure"].unique(maintain_order=True).to_list() == [*FIGURES]


def test_one_run_has_no_spread(make_table):
    table = group_table(join_runs(*make_table(cases("none", None, TEST[:1], TRAIN))))
    assert figures_of(table, "test_score") == [("none", "measure", 0, None, 0.5, None, 1, None)]


def test_diverged_and_unmeasured_figures(make_table):
    """A diverged run leaves no mean of the others; what was not measured has no row."""
    plain = {"final_cka": None}
    runs = {("none", None, 0): plain, ("none", None, 1): plain | {"final_test_loss": math.nan}}
    table = group_table(join_runs(*make_table(runs)))
    [(*_, mean, _deviation, n, _error)] = figures_of(table, "test_score")
    assert (math.isnan(mean), n) == (True, 2)
    assert figures_of(table, "cka") == []
