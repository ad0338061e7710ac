"""Each method against none in the leaderboard's table."""

import math

import numpy as np
import pytest

from sharegap.results import join_runs, selected_runs
from sharegap.results.paired import COMPARISON, COMPARISONS, paired_comparisons
from sharegap.results.statistics import holm, permutation_p_values
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
    assert before == pytest.approx(after, nan_ok=True)
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
