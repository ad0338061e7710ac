"""Marks and p-values of a study: adjusted over its plan, and none before it is complete."""

import numpy as np
import polars as pl
import pytest

from sharegap.results import join_runs, selected_runs
from sharegap.results.paired import paired_comparisons
from sharegap.results.statistics import min_p_value, permutation_p_values
from sharegap.results.summary import leaderboard
from tests.results.test_paired import GAIN, SEEDS, cases, rows


def of_finished(make_table, table_cases, unfinished):
    """The scored runs of a plan in which the runs that `unfinished(method, seed)` names are not finished."""
    plan, facts, runs = make_table(table_cases)
    finished = [not unfinished(row["method"], row["seed"]) for row in plan.to_dicts()]
    return join_runs(plan, facts, runs.filter(pl.Series(finished)))


def ten_methods(seeds):
    """None and ten methods, each better at all seeds."""
    return {
        (f"m{number}" if number else "none", None, seed): {"final_test_score": 0.5 + 0.1 * bool(number) + 0.001 * seed}
        for number in range(11)
        for seed in range(seeds)
    }


def is_unfinished(method, _):
    return method not in ("none", "m1", "m2")


def test_p_values_are_adjusted_over_the_plan(make_table):
    """With two of ten methods finished, p is what ten methods make it."""
    scored = of_finished(make_table, ten_methods(10), is_unfinished)
    found = leaderboard(scored, "none").filter(method="m1").row(0, named=True)
    assert (found["p_value"], found["p_adjusted"]) == (2 / 2**10, 10 * 2 / 2**10)
    pairs = paired_comparisons(selected_runs(scored)).filter(baseline="none")
    assert pairs["p_adjusted"].to_list() == 2 * [10 * 2 / 2**10]


def test_p_values_need_seeds_for_the_plan(make_table):
    """At eight seeds two methods would be significant, at .0156; the ten that are planned cannot be below .078."""
    given = ten_methods(8)
    few = {case: figures for case, figures in given.items() if not is_unfinished(case[0], 0)}
    assert rows(make_table, few)["m1"]["p_adjusted"] == 0.015625
    assert 10 * min_p_value(8) == 0.078125
    scored = of_finished(make_table, given, is_unfinished)
    assert leaderboard(scored, "none")["p_adjusted"].to_list() == [None] * 3


@pytest.mark.parametrize("unfinished", [("soft", 3), ("hard", 7), ("none", 0)])
def test_marks_wait_for_the_whole_study(make_table, unfinished):
    given = cases()
    complete = dict(marks(join_runs(*make_table(given))))
    assert [complete[method] for method in ("hard", "dropout", "l2", "none")] == [True, True, False, None]
    scored = of_finished(make_table, given, lambda *case: case == unfinished)
    assert {marked for _, marked in marks(scored)} == {False, None}
    assert not leaderboard(scored, "none")["study_complete"].any()
    assert set(paired_comparisons(selected_runs(scored))["marked"]) == {False}


def test_marks_wait_for_every_method(make_table):
    """A method whose search goes on has no measured run yet, in the plan or elsewhere."""
    tuning = {("soft", strength, seed): {} for strength in (0.1, 1.0) for seed in range(2)}
    given = cases()
    complete = join_runs(*make_table(given, tuning))
    assert True in dict(marks(complete)).values()
    searching = {case: figures for case, figures in given.items() if case[0] != "soft"}
    scored = join_runs(*make_table(searching, tuning))
    assert {marked for _, marked in marks(scored)} == {False, None}
    plan, facts, runs = make_table(given, tuning)
    unfinished = pl.col("run").str.starts_with("tune soft 1.0")
    scored = join_runs(plan, facts, runs.filter(~unfinished))
    assert {marked for _, marked in marks(scored)} == {False, None}


def marks(scored):
    return leaderboard(scored, "none").select("method", "marked").rows()


@pytest.mark.parametrize(("samples", "wrong", "marked"), [(12, 1, False), (12, 2, True), (None, 1, True)])
@pytest.mark.parametrize("score", ["accuracy", "verification accuracy", "mean accuracy"])
def test_one_test_sample_is_not_marked(make_table, score, samples, wrong, marked):
    """All seeds differ by the same: without spread, the interval excludes 0 whatever the difference."""
    facts = {"score_name": score, "final_test_samples": samples}
    given = {("none", None, seed): {"final_test_score": 7 / 12} | facts for seed in range(2)}
    given |= {("hard", None, seed): {"final_test_score": (7 - wrong) / 12} | facts for seed in range(2)}
    row = rows(make_table, given)["hard"]
    assert row["delta_high"] == pytest.approx(-wrong / 12)
    assert (row["marked"], row["n_test"]) == (marked, samples)


def test_smallest_p_value_is_said(make_table):
    found = rows(make_table, cases())
    assert {method: row["p_is_smallest"] for method, row in found.items()} == {
        **dict.fromkeys(GAIN, False),
        **{method: True for method in GAIN if found[method]["p_value"] == 2 / 2**SEEDS},
        "none": None,
    }
    assert found["hard"]["p_is_smallest"]
    assert not found["l2"]["p_is_smallest"]


@pytest.mark.parametrize("pairs", [2, 8, 13, 14, 20])
def test_smallest_p_value_is_scipys(pairs):
    assert permutation_p_values(np.arange(1.0, pairs + 1)).item() == pytest.approx(min_p_value(pairs))
