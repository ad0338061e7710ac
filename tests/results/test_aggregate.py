"""Methods across studies: each figure against what it is by hand."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from sharegap.results import join_runs, selected_runs
from sharegap.results.aggregate import (
    aggregate,
    error_reduction_intervals,
    error_reductions,
    interquartile_mean,
    performance_profile,
)
from sharegap.results.improvement import improvement_intervals
from sharegap.results.study_errors import OPTIMUM, Errors, errors
from sharegap.results.summary import leaderboard

SEEDS = 8


def study(*means, seeds=SEEDS, spread=0.01, seed=0):
    """Errors (methods, seeds) around given means."""
    return np.array(means)[:, None] + np.random.default_rng(seed).normal(0, spread, (len(means), seeds))


def test_error_reduction_is_relative_to_baseline():
    assert error_reductions(np.array([0.2, 0.1, 0.3])) == pytest.approx([0, 0.5, -0.5])
    assert np.isnan(error_reductions(np.array([0.0, 0.1]))).all()


def test_interquartile_mean_trims_both_quarters():
    values = np.array([[9.0, 1, 2, 3, -8, math.nan], [0.0] * 6]).T
    assert interquartile_mean(values[:5, 0]) == pytest.approx(2)  # a quarter of five, rounded down, is one
    assert interquartile_mean(values[:3, 0]) == pytest.approx(4)  # of three none
    assert np.isnan(interquartile_mean(values)).tolist() == [True, False]


def test_error_reduction_intervals_contain_values():
    """They do not depend on the unit of the errors."""
    studies = [study(0.3, 0.2, 0.35, seed=seed) for seed in range(4)]
    value, low, high = error_reduction_intervals(studies, resamples=500)
    assert value == pytest.approx([0, 1 / 3, -1 / 6], abs=0.03)
    assert (low <= value).all()
    assert (value <= high).all()
    assert error_reduction_intervals([50 * errors for errors in studies], 500) == pytest.approx(
        np.stack([value, low, high])
    )


def test_error_reduction_interval_of_one_study():
    """With an exact baseline, it is Student's t interval of the mean."""
    errors_of_study = np.array([np.full(SEEDS, 0.5), np.random.default_rng(0).normal(0.2, 0.05, SEEDS)])
    _, low, high = error_reduction_intervals([errors_of_study], 20_000)
    expected = stats.ttest_1samp(1 - errors_of_study[1] / 0.5, 0).confidence_interval(0.95)
    assert (low[1], high[1]) == pytest.approx((expected.low, expected.high), abs=0.003)


def test_one_seed_has_no_bounds():
    studies = [study(0.3, 0.2, seeds=1), study(0.3, 0.2)]
    for value, low, high in (error_reduction_intervals(studies, 10), improvement_intervals(studies)):
        assert np.isfinite(value).all()
        assert np.isnan([low, high]).all()


def test_equal_errors_have_no_width():
    flat = np.array([[0.5, 0.5], [0.25, 0.25]])
    assert error_reduction_intervals([flat, flat], 10)[:, 1].tolist() == [0.5, 0.5, 0.5]


def test_figures_of_a_diverged_run():
    """No error reduction, and the run counts as no improvement."""
    broken = study(0.3, 0.2)
    broken[1, 3] = math.nan
    assert np.isnan(error_reduction_intervals([broken, study(0.3, 0.2)], 10)[:, 1]).all()
    assert improvement_intervals([broken, study(0.3, 0.2)])[0, 1] == pytest.approx((7 / 8 + 1) / 2)


def test_performance_profile_counts_runs():
    first, second = np.array([[0.2, 0.2], [0.1, 0.15]]), np.array([[0.4, 0.4], [0.4, 0.1]])
    profile = performance_profile([first, second], np.array([-0.1, 0.0, 0.4, 0.6]))
    assert profile[0].tolist() == [1, 0, 0, 0]
    assert profile[1].tolist() == [1, 0.75, 0.5, 0.25]


@pytest.fixture
def make_suite(make_table):
    """Scored runs of several studies from {study: {method: (mean score, higher is better)}}."""

    def build(studies, name="accuracy", higher=True, seeds=SEEDS):
        tables, methods_of_suite = [], {}
        for place, (label, methods) in enumerate(studies.items()):
            random = np.random.default_rng(place)
            cases = {
                (method, None, seed): {
                    "final_test_score": mean + random.normal(0, 0.01),
                    "score_name": name,
                    "higher_is_better": higher,
                }
                for method, mean in methods.items()
                for seed in range(seeds)
            }
            plan, facts, runs = make_table(cases)
            renamed = pl.concat_str(pl.lit(label), "run")
            tables.append((plan.with_columns(study=pl.lit(label), run=renamed), runs.with_columns(run=renamed)))
            methods_of_suite |= facts["methods"]
        plans, runs = zip(*tables, strict=True)
        return join_runs(pl.concat(plans), facts | {"methods": methods_of_suite}, pl.concat(runs))

    return build


def table_of(runs):
    return {
        row["method"]: row
        for row in aggregate(
            errors(selected_runs(runs), "none"), leaderboard(runs, "none"), is_finished=True
        ).to_dicts()
    }


def test_method_missing_in_a_study_is_not_ranked(make_suite):
    full = {"none": 0.7, "hard": 0.8, "l2": 0.71}
    runs = make_suite({"a": full | {"soft": 0.9}, "b": full})
    table = table_of(runs)
    assert list(table) == ["hard", "l2", "none", "soft"]
    assert [row["mean_rank"] for row in table.values()] == [1, 2, 3, None]
    assert [row["studies"] for row in table.values()] == [2, 2, 2, 1]
    assert table["soft"]["error_reduction"] is None
    assert (table["soft"]["wins"], table["soft"]["ties"]) == (1, 0)


def test_wins_and_losses_are_significant(make_suite):
    methods = {"none": 0.7, "hard": 0.8, "l2": 0.7, "dropout": 0.6}
    table = table_of(make_suite({"a": methods, "b": methods | {"hard": 0.5}}))
    counts = {method: tuple(table[method][name] for name in ("wins", "ties", "losses")) for method in table}
    assert counts == {"hard": (1, 0, 1), "l2": (0, 2, 0), "dropout": (0, 0, 2), "none": (None, None, None)}
    few = table_of(make_suite({"a": methods, "b": methods}, seeds=4))
    assert few["hard"]["wins"] is few["hard"]["ties"] is None  # no p-value, so no tie either


@pytest.mark.parametrize(("name", "higher"), [("perplexity", False), ("loss", False)])
def test_error_where_lower_is_better(make_suite, name, higher):
    methods = {"none": 5.0, "hard": 3.0}
    runs = make_suite({"a": methods, "b": methods}, name, higher)
    table = table_of(runs)
    optimum = OPTIMUM.get(name, 0)
    assert table["hard"]["error_reduction"] == pytest.approx(1 - (3 - optimum) / (5 - optimum), abs=0.01)
    assert table["hard"]["mean_rank"] == 1
    assert (table["hard"]["wins"], table["hard"]["probability_of_improvement"]) == (2, 1)


def test_baseline_has_a_rank_only(make_suite):
    none = table_of(make_suite({"a": {"none": 0.7, "hard": 0.8}, "b": {"none": 0.7, "hard": 0.8}}))["none"]
    assert {name for name, value in none.items() if value is not None and value == value} == {
        "suite", "method", "studies", "mean_rank",
    }  # fmt: skip


def test_seeds_are_those_shared_in_a_study(make_suite):
    runs = make_suite({"a": {"none": 0.7, "hard": 0.8}, "b": {"none": 0.7, "hard": 0.8}})
    fewer = runs.filter(~((pl.col("study") == "a") & (pl.col("method") == "hard") & (pl.col("seed") == 3)))
    found = errors(selected_runs(fewer), "none")
    assert {name: table.shape for name, table in found.by_study.items()} == {"a": (2, 7), "b": (2, 8)}
    whole = errors(selected_runs(runs), "none")
    assert found.by_study["a"].tolist() == np.delete(whole.by_study["a"], 3, axis=1).tolist()


@pytest.mark.parametrize(
    "studies",
    [{"a": {"none": 0.7, "hard": 0.8}}, {"a": {"none": 0.7}, "b": {"none": 0.7}}, {"a": {"hard": 1}, "b": {"none": 0}}],
)
def test_aggregate_is_empty_without_comparison(make_suite, studies):
    runs = make_suite(studies)
    table = aggregate(errors(selected_runs(runs), "none"), leaderboard(runs, "none"), is_finished=True)
    assert table.is_empty()
    assert table.columns == list(aggregate(Errors([], {}), leaderboard(runs, "none"), is_finished=True).columns)
