import json
import math

import pytest
from scipy import stats

from sharegap.results import join_runs, selected_runs
from sharegap.results.summary import by_strength, extra_metrics_table, leaderboard
from tests.rows import config_of


def grid(method, validation, test=lambda strength, seed: 0.5, seeds=3):
    """Cases of a method whose mean validation score at each strength is given."""
    return {
        (method, strength, seed): {"final_validation_score": score, "final_test_score": test(strength, seed)}
        for strength, score in validation.items()
        for seed in range(seeds)
    }


def test_best_validation_score_is_selected(make_table):
    """Whatever the test scores say."""
    validation = {0.1: 0.6, 0.2: 0.8, 0.3: 0.7}
    for test in (lambda s, _: s, lambda s, _: 1 - s):
        runs = selected_runs(join_runs(*make_table(grid("l2", validation, test))))
        assert runs["strength"].unique().to_list() == [0.2]


def test_learning_rate_is_selected_with_strength(make_table):
    """Each strength is shown at its best learning rate."""
    validation = {(0.1, 0.01): 0.6, (0.1, 0.03): 0.7, (0.2, 0.01): 0.8, (0.2, 0.03): 0.5}
    cases = {
        ("l2", trial, seed): {"final_validation_score": score, "final_test_score": 0.5 + 0.1 * trial}
        for trial, score in enumerate(validation.values())
        for seed in range(3)
    }
    for (_, trial, _), figures in cases.items():
        strength, rate = list(validation)[trial]
        figures["config"] = json.dumps(config_of(strength, learning_rate=rate))
    runs = join_runs(*make_table(cases))
    [row] = leaderboard(runs, "none").to_dicts()
    assert (row["strength"], row["learning_rate"], row["learning_rates"], row["runs"]) == (0.2, 0.01, 2, 12)
    assert row["test_score"] == pytest.approx(0.7)
    paths = by_strength(runs)
    assert list(zip(paths["strength"], paths["learning_rate"], strict=True)) == [(0.1, 0.03), (0.2, 0.01)]


def test_parameters_are_of_the_selected_strength(make_table):
    cases = grid("templates", {4: 0.6, 2: 0.8})
    for (_, strength, _), figures in cases.items():
        figures["unique_parameters"] = 100 * strength
    assert leaderboard(join_runs(*make_table(cases)), "none")["unique_parameters"].to_list() == [200]


def test_tie_goes_to_the_weaker_strength(make_table):
    # The grid's order says what is weak: for early stopping it is the longer patience.
    runs = selected_runs(join_runs(*make_table(grid("early_stopping", {8: 0.7, 4: 0.7, 2: 0.6}))))
    assert runs["strength"].unique().to_list() == [8]


def test_diverged_strength_is_not_selected(make_table):
    cases = grid("l2", {0.1: 0.6, 0.2: 0.9})
    cases["l2", 0.2, 1] |= {"diverged": True, "final_validation_loss": math.nan, "final_test_loss": math.nan}
    table = leaderboard(join_runs(*make_table(cases)), "none")
    assert table["strength"].to_list() == [0.1]
    assert table["diverged"].to_list() == [1]  # and yet it is told


def test_row_of_a_method_that_diverged(make_table):
    broken = {"diverged": True, "final_validation_loss": math.nan, "final_test_loss": math.nan}
    table = leaderboard(join_runs(*make_table({("none", None, seed): broken for seed in range(2)})), "none")
    assert table["diverged"].to_list() == [2]
    assert math.isnan(table["test_score"][0])


def test_gaps_at_the_scored_snapshot(make_table):
    """They are positive for overfitting."""
    figures = {
        "scored_at": "best_val",
        "best_val_train_score": 0.9, "best_val_test_score": 0.7, "best_val_train_loss": 0.2, "best_val_test_loss": 0.8,
        "loss_matched_train_loss": 0.3, "loss_matched_test_loss": 0.7,
    }  # fmt: skip
    [row] = leaderboard(join_runs(*make_table({("early_stopping", 4, 0): figures})), "none").to_dicts()
    assert row["test_score"] == 0.7
    assert row["gap_score"] == pytest.approx(0.2)
    assert row["gap_loss"] == pytest.approx(0.6)
    assert row["loss_matched_gap_loss"] == pytest.approx(0.4)


def test_differences_are_paired_by_seed(make_table):
    none, hard = [0.5, 0.6, 0.8, 0.9], [0.52, 0.63, 0.81, 0.94]
    cases = {("none", None, seed): {"final_test_score": score} for seed, score in enumerate(none)}
    # In another order: the seed pairs them, not their place.
    cases |= {("hard", None, seed): {"final_test_score": hard[seed]} for seed in (2, 0, 3, 1)}
    table = leaderboard(join_runs(*make_table(cases)), "none")
    assert table["method"].to_list() == ["hard", "none"]
    expected = stats.ttest_rel(hard, none).confidence_interval(0.95)
    [row, baseline] = table.to_dicts()
    assert row["delta_test_score"] == pytest.approx(0.025)
    assert (row["delta_low"], row["delta_high"]) == pytest.approx((expected.low, expected.high))
    assert baseline["delta_test_score"] is None


def test_rows_are_ordered_by_test_score(make_table):
    cases = {("none", None, 0): {"final_train_score": 1.0, "final_test_score": 0.8}}
    cases |= {("l2", 0.1, 0): {"final_train_score": 0.3, "final_test_score": 0.3}}
    assert leaderboard(join_runs(*make_table(cases)), "none")["method"].to_list() == ["none", "l2"]


def perplexity(cases):
    return {case: figures | {"score_name": "perplexity", "higher_is_better": False} for case, figures in cases.items()}


def test_selection_where_lower_is_better(make_table):
    cases = perplexity(grid("l2", {0.1: 12.0, 0.2: 9.0, 0.3: 10.0, 0.4: 1.0}))
    cases["l2", 0.4, 1] |= {"diverged": True, "final_validation_loss": math.nan, "final_test_loss": math.nan}
    assert selected_runs(join_runs(*make_table(cases)))["strength"].unique().to_list() == [0.2]
    tie = perplexity(grid("l2", {0.1: 9.0, 0.2: 9.0}))
    assert selected_runs(join_runs(*make_table(tie)))["strength"].unique().to_list() == [0.1]


def test_rows_where_lower_is_better(make_table):
    test = {"none": 10.0, "hard": 8.0, "l2": 12.0, "broken": math.nan}
    cases = {(method, None, seed): {"final_test_score": value + seed / 10} for method, value in test.items()
             for seed in range(3)}  # fmt: skip
    for figures in cases.values():
        figures["final_train_score"] = figures["final_test_score"] - 3
    rows = leaderboard(join_runs(*make_table(perplexity(cases))), "none").to_dicts()
    assert [row["method"] for row in rows] == ["hard", "none", "l2", "broken"]
    assert [row["higher_is_better"] for row in rows] == 4 * [False]
    assert [row["gap_score"] for row in rows[:3]] == pytest.approx([3, 3, 3])  # train is better: positive
    assert [row["delta_test_score"] for row in (rows[0], rows[2])] == pytest.approx([-2, 2])  # in the score's units


def test_copy_figures_at_the_scored_snapshot(make_table):
    cases = {
        ("soft", 0.1, seed): {"scored_at": "best_val", "best_val_cka": cka, "best_val_relative_copy_distance": 0.3}
        for seed, cka in enumerate([0.7, 0.8, 0.9])
    }
    # A network without copies has no such figure.
    cases |= {("none", None, seed): {"final_cka": none} for seed, none in enumerate([None, math.nan])}
    runs = join_runs(*make_table(cases))
    for table in (leaderboard(runs, "none"), by_strength(runs)):
        [soft] = table.filter(method="soft").to_dicts()
        assert soft["cka"] == pytest.approx(0.8)
        assert soft["cka_low"] < 0.7 < 0.9 < soft["cka_high"]
        assert soft["relative_copy_distance"] == pytest.approx(0.3)
        assert math.isnan(table.filter(method="none")["cka"][0])


def extra_metrics(snapshot, split, metric, value):
    return {"snapshot": snapshot, "split": split, "metric": metric, "value": value}


def test_extra_metrics_of_selected_runs(make_table):
    cases = grid("soft", {0.1: 0.6, 0.2: 0.8})
    for (_, strength, seed), figures in cases.items():
        figures["extra_metrics"] = [
            extra_metrics("final", "test", "ROC AUC", strength + seed / 100),
            extra_metrics("final", "test", "accuracy of left", 0.5),
            extra_metrics("final", "train", "ROC AUC", 9.0),
            extra_metrics("best_val", "test", "ROC AUC", 9.0),
        ]
    # A method without any has no row.
    table = extra_metrics_table(join_runs(*make_table(cases | grid("l2", {0.1: 0.6}))))
    first, second = table.to_dicts()
    labels = {"suite": "s", "study": "d", "method": "soft", "strength": 0.2, "split": "test"}
    assert labels.items() <= first.items()
    assert (first["figure"], second["figure"]) == ("ROC AUC", "accuracy of left")
    half = stats.t.ppf(0.975, 2) * 0.01 / math.sqrt(3)
    assert [first[name] for name in ("mean", "low", "high")] == pytest.approx([0.21, 0.21 - half, 0.21 + half])


def test_extra_metrics_of_a_diverged_run(make_table):
    figures = {"extra_metrics": [extra_metrics("final", "test", "ROC AUC", 0.5)]}
    cases = {("none", None, 0): figures, ("none", None, 1): figures | {"final_test_loss": math.nan}}
    assert math.isnan(extra_metrics_table(join_runs(*make_table(cases)))["mean"][0])


def test_extra_metrics_table_is_empty(make_table):
    table = extra_metrics_table(join_runs(*make_table(grid("l2", {0.1: 0.6}))))
    names = ["suite", "study", "method", "strength", "figure", "split", "mean", "low", "high"]
    assert table.columns == names
    assert table.is_empty()


def test_by_strength_is_ascending(make_table):
    table = by_strength(join_runs(*make_table(grid("early_stopping", {8: 0.5, 4: 0.6, 2: 0.7}))))
    assert table["strength"].to_list() == [8, 4, 2]
    assert table["validation_score"].to_list() == pytest.approx([0.5, 0.6, 0.7])


def test_unfinished_runs_are_left_out(make_table):
    plan, facts, runs = make_table({("none", None, seed): {} for seed in range(4)})
    assert leaderboard(join_runs(plan, facts, runs.head(3)), "none")["seeds"].to_list() == [3]
