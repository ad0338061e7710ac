"""Each method against none in the leaderboard's table."""

import math

import numpy as np
import polars as pl
import pytest

from sharegap.results import join_runs, selected_runs
from sharegap.results.paired import COMPARISON, COMPARISONS, paired_comparisons
from sharegap.results.statistics import holm, min_p_value, permutation_p_values
from sharegap.results.summary import leaderboard

SEEDS = 8
NONE = 0.7 + 0.01 * np.arange(SEEDS)
GAIN = {"hard": 0.05, "soft": 0.01, "l2": 0.0, "dropout": -0.04, "early_stopping": 0.002}


def cases(seeds=SEEDS, **changed):
    noise = np.random.default_rng(0).normal(0, 0.01, (len(GAIN), SEEDS))
    scores = {"none": NONE} | {
        method: NONE + gain + row for (method, gain), row in zip(GAIN.items(), noise, strict=True)
    }
    return {
        (method, None, seed): {"final_test_score": float(row[seed])}
        for method, row in (scores | changed).items()
        for seed in range(seeds)
    }


def rows(make_table, table_cases):
    return {row["method"]: row for row in leaderboard(join_runs(*make_table(table_cases)), "none").to_dicts()}


def test_p_values_against_the_baseline(make_table):
    """They are of the paired differences, adjusted for all methods but the baseline."""
    given = cases()
    table = rows(make_table, given)
    score = {method: [given[method, None, seed]["final_test_score"] for seed in range(SEEDS)] for method in table}
    p_values = [float(permutation_p_values(np.subtract(score[method], score["none"]))) for method in GAIN]
    assert [table[method]["p_value"] for method in GAIN] == pytest.approx(p_values)
    assert [table[method]["p_adjusted"] for method in GAIN] == pytest.approx(holm(p_values).tolist())
    assert table["hard"]["p_adjusted"] == pytest.approx(5 * 2 / 2**8)
    assert [table["none"][name] for name in ("pairs", "p_value", "p_adjusted")] == 3 * [None]


def test_only_shared_seeds_are_paired(make_table):
    given = cases(hard=NONE[::-1])
    before = rows(make_table, given)["hard"]
    after = rows(make_table, dict(reversed(given.items())))["hard"]
    assert before == pytest.approx(after)
    del given["hard", None, 3], given["none", None, 5]
    assert [rows(make_table, given)[method]["pairs"] for method in ("hard", "soft")] == [6, 7]


def test_no_p_values_with_too_few_seeds(make_table):
    table = rows(make_table, cases(seeds=7))
    for method in GAIN:
        assert table[method]["delta_low"] is not None
        assert table[method]["p_value"] is table[method]["p_adjusted"] is None


def test_diverged_method_has_no_p_value(make_table):
    """It counts as one of the methods all the same."""
    table = rows(make_table, cases(l2=np.full(SEEDS, math.nan)))
    assert math.isnan(table["l2"]["p_adjusted"])
    assert table["hard"]["p_adjusted"] == pytest.approx(5 * 2 / 2**8)


def test_p_values_have_no_direction(make_table):
    def turned(figures):
        return {"final_test_score": -figures["final_test_score"], "score_name": "loss", "higher_is_better": False}

    given = cases()
    table = rows(make_table, given)
    less = rows(make_table, {case: turned(figures) for case, figures in given.items()})
    assert {method: row["p_adjusted"] for method, row in less.items()} == {
        method: row["p_adjusted"] for method, row in table.items()
    }


def test_p_value_of_equal_scores_is_one(make_table):
    assert rows(make_table, cases(l2=NONE))["l2"]["p_value"] == 1


def test_no_comparison_without_the_baseline(make_table):
    table = rows(make_table, {case: figures for case, figures in cases().items() if case[0] != "none"})
    assert {table[method][name] for method in table for name in ("delta_test_score", "pairs", "p_adjusted")} == {None}


def pairs_of(make_table, table_cases):
    table = paired_comparisons(selected_runs(join_runs(*make_table(table_cases))))
    return {(row["method"], row["baseline"]): row for row in table.to_dicts()}


def test_every_pair_of_methods_is_compared(make_table):
    found = pairs_of(make_table, cases())
    methods = ("none", *GAIN)
    assert set(found) == {(method, baseline) for method in methods for baseline in methods if method != baseline}
    assert {tuple(row) for row in found.values()} == {tuple(COMPARISONS)}
    for (method, baseline), row in found.items():
        back = found[baseline, method]
        assert row["delta_test_score"] == pytest.approx(-back["delta_test_score"])
        assert (row["delta_low"], row["p_value"]) == pytest.approx((-back["delta_high"], back["p_value"]))


def test_pairs_agree_with_the_leaderboard(make_table):
    given = cases()
    found, table = pairs_of(make_table, given), rows(make_table, given)
    for method in GAIN:
        assert {name: found[method, "none"][name] for name in COMPARISON} == {
            name: table[method][name] for name in COMPARISON
        }


def test_p_values_are_adjusted_per_baseline(make_table):
    given, methods = cases(), ("none", *GAIN)
    found = pairs_of(make_table, given)
    score = {method: [given[method, None, seed]["final_test_score"] for seed in range(SEEDS)] for method in methods}
    others = [method for method in score if method != "soft"]
    p_values = [float(permutation_p_values(np.subtract(score[method], score["soft"]))) for method in others]
    assert [found[method, "soft"]["p_adjusted"] for method in others] == pytest.approx(holm(p_values).tolist())
    assert found["hard", "soft"]["delta_test_score"] == pytest.approx(np.mean(score["hard"]) - np.mean(score["soft"]))


def test_diverged_baseline_affects_its_pairs_only(make_table):
    found = pairs_of(make_table, cases(l2=np.full(SEEDS, math.nan)))
    assert math.isnan(found["hard", "l2"]["delta_test_score"])
    assert found["hard", "none"]["p_adjusted"] == pytest.approx(5 * 2 / 2**8)


def test_one_seed_has_differences_only(make_table):
    row = pairs_of(make_table, cases(seeds=1))["hard", "soft"]
    assert math.isfinite(row["delta_test_score"])
    assert math.isnan(row["delta_low"])
    assert (row["pairs"], row["p_value"], row["p_adjusted"]) == (1, None, None)


def test_no_difference_without_shared_seeds(make_table):
    given = {case: figures for case, figures in cases().items() if (case[0] == "soft") == (case[2] < 2)}
    row = pairs_of(make_table, given)["soft", "none"]
    assert row["pairs"] == 0
    assert math.isnan(row["delta_test_score"])


def test_single_method_has_no_pairs(make_table):
    assert pairs_of(make_table, {("hard", None, 0): {}}) == {}


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


def test_marks_wait_for_every_strength(make_table):
    """A strength that is not finished may still be the selected one."""
    given = cases() | {("soft", 1.0, seed): {"final_test_score": 0.5} for seed in range(SEEDS)}
    plan, facts, runs = make_table(given)
    unfinished = plan.filter(method="soft", trial=1)["run"].implode()
    scored = join_runs(plan, facts, runs.filter(~pl.col("run").is_in(unfinished)))
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
