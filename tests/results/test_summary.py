import json
import math

import polars as pl
import pytest
from scipy import stats

from sharegap.results import RUNS, join_runs, selected_runs
from sharegap.results.selection import validation_scores
from sharegap.results.summary import by_strength, extra_metrics_table, late_gain, leaderboard
from tests.results.conftest import row
from tests.rows import config_of


def grid(method, validation, seeds=3):
    """Cases of a method whose validation score at each strength is given."""
    return {
        (method, strength, seed): {"final_validation_score": score}
        for strength, score in validation.items()
        for seed in range(seeds)
    }


def test_measured_runs_are_selected(make_table):
    """Whatever the scores say: the setting was chosen before, on tuning seeds."""
    tuning = grid("l2", {0.1: 0.6, 0.2: 0.8, 0.3: 0.7}, seeds=2)
    scored = join_runs(*make_table(grid("l2", {0.3: 0.1}), tuning))
    runs = selected_runs(scored)
    assert runs.select("strength", "trial", "phase").unique().rows() == [(0.3, 2, "measure")]
    assert runs.height == 3
    [row] = leaderboard(scored, "none").to_dicts()
    assert (row["strength"], row["seeds"], row["trials"], row["runs"]) == (0.3, 3, 3, 9)
    assert row["validation_score"] == pytest.approx(0.1)


def test_searched_method_has_no_row(make_table):
    plan, facts, runs = make_table({("none", None, 0): {}}, grid("l2", {0.1: 0.6, 0.2: 0.8}))
    table = leaderboard(join_runs(plan, facts, runs), "none")
    assert table.select("method", "study_complete", "trials").rows() == [("none", False, 0)]


def test_validation_scores_of_runs():
    """Higher is better, at the scored weights, NaN where there is none."""
    perplexity = {"score_name": "perplexity", "higher_is_better": False}
    rows = [
        row("a", final_validation_score=0.7),
        row("b", final_validation_score=9.0, **perplexity),
        row("c", final_validation_score=0.7, final_validation_loss=math.nan),
        row("d", final_validation_score=None, final_validation_loss=None),
        row("e", best_val_validation_score=0.8, scored_at="best_val"),
    ]
    scores = validation_scores(pl.DataFrame(rows, schema=RUNS))
    assert scores == pytest.approx({"a": 0.7, "b": -9.0, "c": math.nan, "d": math.nan, "e": 0.8}, nan_ok=True)
    assert validation_scores(pl.DataFrame(schema=RUNS)) == {}


def test_two_tuned_numbers_are_shown(make_table):
    config = config_of(4.0) | {"regularizer": {"l2": {"strength": 0.1}}}
    plan, facts, runs = make_table({("soft+l2", 4.0, 0): {"config": json.dumps(config)}})
    facts["methods"]["soft+l2"]["tunes"] = ["sharing.strength", "regularizer.l2.strength"]
    [row] = leaderboard(join_runs(plan, facts, runs), "none").to_dicts()
    assert (row["strength"], row["second_strength"]) == (4.0, 0.1)


def test_by_strength_is_at_one_learning_rate(make_table):
    """The rates that were tried at the best strength alone would lift it above the others."""
    settings = [(0.1, 0.01), (1.0, 0.01), (0.3, 0.01), (0.3, 0.03)]
    cases = {}
    for trial, (strength, rate) in enumerate(settings):
        config = json.dumps(config_of(strength, learning_rate=rate))
        for seed in range(3):
            cases["l2", trial, seed] = {"final_test_score": 0.5 + 0.1 * trial, "config": config}
    measured = {("l2", 3, seed): {"config": json.dumps(config_of(0.3, learning_rate=0.03))} for seed in range(4)}
    table = by_strength(join_runs(*make_table(measured, cases)))
    assert table.select("strength", "learning_rate", "seeds").rows() == [(s, 0.01, 3) for s in (0.1, 0.3, 1.0)]
    assert table["test_score"].to_list() == pytest.approx([0.5, 0.7, 0.6])


def test_by_strength_of_an_untuned_method(make_table):
    cases = {("none", None, seed): {} for seed in range(4)} | grid("l2", {0.1: 0.5})
    table = by_strength(join_runs(*make_table(cases, grid("l2", {0.1: 0.5, 0.2: 0.6}, seeds=2))))
    assert table.select("method", "strength", "seeds").rows() == [("l2", 0.1, 2), ("l2", 0.2, 2), ("none", None, 4)]


def test_parameters_of_the_measured_setting(make_table):
    cases = grid("templates", {2: 0.8})
    tuning = grid("templates", {4: 0.6, 2: 0.8})
    for (_, strength, _), figures in [*cases.items(), *tuning.items()]:
        figures["unique_parameters"] = 100 * strength
    assert leaderboard(join_runs(*make_table(cases, tuning)), "none")["unique_parameters"].to_list() == [200]


def test_diverged_trial_is_counted(make_table):
    tuning = grid("l2", {0.1: 0.6, 0.2: 0.9})
    tuning["l2", 0.2, 1] |= {"diverged": True, "final_validation_loss": math.nan, "final_test_loss": math.nan}
    table = leaderboard(join_runs(*make_table(grid("l2", {0.1: 0.6}), tuning)), "none")
    assert table["diverged"].to_list() == [1]
    assert math.isfinite(table["test_score"][0])


def test_strength_at_an_end_is_a_bound(make_table):
    plan, facts, runs = make_table(grid("l2", {0.1: 0.6}))
    for at_edge in (True, False):
        table = leaderboard(join_runs(plan.with_columns(at_edge=pl.lit(at_edge)), facts, runs), "none")
        assert table["at_edge"].to_list() == [at_edge]


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
    }  # fmt: skip
    [row] = leaderboard(join_runs(*make_table({("early_stopping", 4, 0): figures})), "none").to_dicts()
    assert row["test_score"] == 0.7
    assert row["gap_score"] == pytest.approx(0.2)
    assert row["gap_loss"] == pytest.approx(0.6)


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
    cases, tuning = grid("soft", {0.2: 0.8}), grid("soft", {0.1: 0.6, 0.2: 0.8})
    for (_, strength, seed), figures in [*tuning.items(), *cases.items()]:
        figures["extra_metrics"] = [
            extra_metrics("final", "test", "ROC AUC", strength + seed / 100),
            extra_metrics("final", "test", "accuracy of left", 0.5),
            extra_metrics("final", "train", "ROC AUC", 9.0),
            extra_metrics("best_val", "test", "ROC AUC", 9.0),
        ]
    # A method without any has no row.
    table = extra_metrics_table(join_runs(*make_table(cases | grid("l2", {0.1: 0.6}), tuning)))
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


@pytest.mark.parametrize(
    ("curve", "gain"),
    [
        ({"curve_validation_score": [0.1, 0.5, 0.6, 0.7, 0.75]}, 0.05),
        ({"curve_validation_score": [9.0, 8.0, 6.0, 5.0, 4.5], "higher_is_better": False}, 0.5),
        ({"curve_step": [100], "curve_validation_score": [0.5]}, math.nan),
        ({"curve_validation_score": [0.1, None, 0.6, 0.7, 0.75]}, math.nan),
        ({"curve_validation_score": None}, math.nan),
    ],
)
def test_late_gain_is_over_the_last_quarter(curve, gain):
    run = {"curve_step": [0, 25, 50, 75, 100], "higher_is_better": True} | curve
    assert late_gain(run) == pytest.approx(gain, nan_ok=True)


def test_late_gain_has_an_interval(make_table):
    curves = [[0.5, 0.6 + 0.1 * seed] for seed in range(3)]
    cases = {
        ("none", None, seed): {"curve_step": [50, 100], "curve_validation_score": curve}
        for seed, curve in enumerate(curves)
    }
    [row] = leaderboard(join_runs(*make_table(cases)), "none").to_dicts()
    assert (row["late_gain"], row["late_gain_high"]) == pytest.approx((0.2, 0.2 + 4.303 * 0.1 / math.sqrt(3)), abs=1e-4)


def test_unfinished_runs_are_left_out(make_table):
    plan, facts, runs = make_table({("none", None, seed): {} for seed in range(4)})
    assert leaderboard(join_runs(plan, facts, runs.head(3)), "none")["seeds"].to_list() == [3]
