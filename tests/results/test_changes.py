"""What changed between two measurements of a suite, and whether by more than chance."""

import json
import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from sharegap.errors import UserError
from sharegap.results import Store
from sharegap.results.changes import CHANGES, compare_suites, mean_change, read_measured
from sharegap.results.statistics import SIGNIFICANCE, holm, mean_interval
from tests.results.test_error_rates import SPREAD, TABLES, TEST_SAMPLES, accuracies

TWO = {"none": (0.80, 0.20, [None]), "hard": (0.90, 0.10, [None])}
ROWS = 40


@pytest.fixture
def compare(tmp_path):
    """The changes from one made-up suite to another."""

    def compare_made_up(old, new):
        stores = [suite.store(tmp_path / name) for name, suite in (("old", old), ("new", new))]
        return compare_suites(*(read_measured(store, "made_up") for store in stores))

    return compare_made_up


def raised(suite, method, gain):
    """The suite with other test scores of a method."""
    for seed, run in enumerate(suite.of(method)):
        run["final_test_score"] += gain + 0.001 * seed
    return suite


def seeded(suite, first):
    """The suite with its measured seeds from `first` on, in the configs of its runs."""
    for run, row in zip(suite.runs, suite.plan, strict=True):
        run["config"] = json.dumps({"seed": row["seed"] + first})
    return suite


def row_of(changes, method, study="mnist1d"):
    [row] = changes.scores.filter(method=method, study=study).to_dicts()
    return row


def test_nothing_changed_is_identical(make_suite, compare):
    changes = compare(make_suite(), make_suite())
    assert changes.scores.schema == CHANGES
    assert changes.scores["comparison"].unique().to_list() == ["identical"]
    assert changes.scores["change"].to_list() == [0.0] * 5
    assert not changes.scores["marked"].any()
    assert (changes.settings, changes.only_old, changes.only_new, changes.tests) == ([], [], [], 0)


def test_equal_scores_with_other_losses_are_not_identical(make_suite, compare):
    new = make_suite(methods=TWO)
    new.of("hard")[0]["final_test_loss"] += 1e-12
    row = row_of(compare(make_suite(methods=TWO), new), "hard")
    assert (row["comparison"], row["change"], row["marked"]) == ("paired by seed", 0.0, False)


def test_same_seeds_are_paired(make_suite, compare):
    """The change is that of Student's t of the differences, and one test is adjusted for one."""
    old, new = make_suite(methods=TWO), raised(make_suite(methods=TWO), "hard", 0.02)
    row = row_of(compare(old, new), "hard")
    before, now = (np.array([run["final_test_score"] for run in suite.of("hard")]) for suite in (old, new))
    assert row["comparison"] == "paired by seed"
    assert [row[name] for name in ("change", "change_low", "change_high")] == pytest.approx(mean_interval(now - before))
    assert row["p_value"] == pytest.approx(stats.ttest_1samp(now - before, 0).pvalue)
    assert row["p_adjusted"] == row["p_value"]
    assert row["marked"]


def test_other_seeds_are_not_paired(make_suite, compare):
    """By Welch's t; the plan counts them from 0 on both sides."""
    old, new = seeded(make_suite(methods=TWO), 0), seeded(raised(make_suite(methods=TWO, seeds=6), "hard", 0.02), 100)
    row = row_of(compare(old, new), "hard")
    before, now = ([run["final_test_score"] for run in suite.of("hard")] for suite in (old, new))
    assert (row["comparison"], row["old_seeds"], row["new_seeds"]) == ("other seeds", 4, 6)
    assert row["p_value"] == pytest.approx(stats.ttest_ind(now, before, equal_var=False).pvalue)
    assert row["change_low"] < np.mean(now) - np.mean(before) < row["change_high"]


def test_pairs_are_matched_by_seed_not_by_order(make_suite, compare):
    new = raised(make_suite(methods=TWO), "hard", 0.02)
    expected = row_of(compare(make_suite(methods=TWO), new), "hard")
    new.plan.reverse()
    assert row_of(compare(make_suite(methods=TWO), new), "hard") == expected


def test_p_values_are_adjusted_over_the_table(make_suite, compare):
    """For all methods that both have planned, but the identical ones."""
    old, new = make_suite(studies=["a", "b"]), make_suite(studies=["a", "b"])
    for method in ("none", "hard", "l2"):
        raised(new, method, 0.003)
    unfinished = new.of_study("b")[-1]
    new.runs.remove(unfinished)  # a run of early_stopping, which then has other seeds
    changes = compare(old, new)
    assert changes.tests == 2 * 3 + 1
    tested = changes.scores.filter(pl.col("comparison") != "identical")
    assert tested["p_adjusted"].to_list() == pytest.approx(holm(tested["p_value"].to_numpy()).tolist())


def test_unfinished_methods_count(make_suite, compare):
    """Else p would be smaller the sooner one looks."""
    new = raised(make_suite(), "hard", 0.003)
    gone = new.of("l2") + new.of("soft")
    new.runs = [run for run in new.runs if run not in gone]
    changes = compare(make_suite(), new)
    row = row_of(changes, "hard")
    assert changes.tests == 3
    assert row["p_adjusted"] == pytest.approx(min(1, 3 * row["p_value"]))
    assert changes.only_old == [("mnist1d", "soft"), ("mnist1d", "l2")]


def test_no_marks_before_both_studies_are_complete(make_suite, compare):
    old, new = make_suite(methods=TWO), raised(make_suite(methods=TWO), "hard", 0.1)
    assert row_of(compare(old, new), "hard")["marked"]
    new.runs.remove(new.of("none")[0])
    assert not row_of(compare(old, new), "hard")["marked"]


def test_one_test_sample_has_no_mark(make_suite, compare):
    old, new = make_suite(methods=TWO), raised(make_suite(methods=TWO), "hard", 0.02)
    for run in new.runs:
        run["final_test_samples"] = 40  # one of them is 0.025
    row = row_of(compare(old, new), "hard")
    assert row["p_adjusted"] < SIGNIFICANCE
    assert not row["marked"]


def test_diverged_runs_have_no_change(make_suite, compare, diverge):
    new = raised(make_suite(methods=TWO), "hard", 0.02)
    diverge(new.of("none")[0])
    changes = compare(make_suite(methods=TWO), new)
    none, hard = row_of(changes, "none"), row_of(changes, "hard")
    assert math.isnan(none["change"])
    assert (none["marked"], changes.tests) == (False, 2)
    assert hard["p_adjusted"] == pytest.approx(2 * hard["p_value"])


def test_what_only_one_has(make_suite, compare):
    old, new = make_suite(studies=["a", "b"]), make_suite(studies=["b", "c"])
    old.drop("b", "soft")
    changes = compare(old, new)
    assert {study for study, _ in changes.only_old} == {"a"}
    assert {study for study, _ in changes.only_new} == {"b", "c"}
    assert ("b", "soft") in changes.only_new
    assert set(changes.scores["study"]) == {"b"}


def test_other_settings_are_named(make_suite, compare):
    new = make_suite(methods=TWO | {"soft": (0.85, 0.14, [0.1])})
    old = make_suite(methods=TWO | {"soft": (0.85, 0.14, [0.01])})
    for run in new.runs:
        run["final_test_samples"] = 500
    found = {(row["method"], row["setting"], row["old"], row["new"]) for row in compare(old, new).settings}
    assert found == {
        ("soft", "strength", 0.01, 0.1),
        *((name, "n_test", 1000, 500) for name in ("none", "hard", "soft")),
    }


def test_same_runs_are_told_from_others(make_suite, compare):
    """By the hash of their options, data and code; on other seeds nothing is known."""
    old, new = make_suite(methods=TWO), make_suite(methods=TWO)
    for run in new.of("hard"):
        [row] = [row for row in new.plan if row["run"] == run["run"]]
        row["run"] = run["run"] = f"other{run['run']}"
    assert compare(old, new).scores["same_runs"].to_list() == [True, False]
    assert compare(seeded(old, 0), seeded(new, 100)).scores["same_runs"].to_list() == [None, None]


def test_other_scores_are_not_compared(make_suite, compare):
    new = make_suite(methods=TWO)
    new.turn("mnist1d")
    changes = compare(make_suite(methods=TWO), new)
    assert changes.scores["comparison"].to_list() == ["another score"] * 2
    assert changes.scores["change"].is_nan().all()
    assert changes.tests == 0


def test_other_protocols_are_refused(make_suite, compare):
    suites = []
    for protocol in (2, 3):
        suites.append(make_suite(methods=TWO))
        for run in suites[-1].runs:
            run["config"] = json.dumps({"protocol": protocol})
    with pytest.raises(UserError, match=r"^against must be of protocol 3, got 2: their figures mean different things$"):
        compare(*suites)


def test_suite_without_measured_runs(make_suite, tmp_path):
    suite = make_suite(methods=TWO)
    suite.runs = []
    suite.store(tmp_path)
    with pytest.raises(UserError, match="suite 'made_up' has no measured run in"):
        read_measured(Store(tmp_path), "made_up")


@pytest.mark.parametrize("is_paired", [True, False])
def test_too_few_seeds_and_no_spread(is_paired):
    """Equal scores of few test samples would make a t test certain."""
    for old, new in (([0.5], [0.6]), ([0.5, 0.5, 0.5], [0.75, 0.75, 0.75])):
        change, *inference = mean_change(np.array(old), np.array(new), is_paired=is_paired)
        assert change == pytest.approx(new[0] - old[0])
        assert np.isnan(inference).all()
    assert np.isnan(mean_change(np.array([0.5, np.nan]), np.array([0.5, 0.6]), is_paired=is_paired)).all()


def significant(old, new, is_paired):
    """Per table (tables, methods, seeds): which changes have an adjusted p of at most 5%, by `mean_change`'s test."""
    tests = stats.ttest_rel(new, old, axis=-1) if is_paired else stats.ttest_ind(new, old, axis=-1, equal_var=False)
    ours = [mean_change(*pair, is_paired=is_paired)[3] for pair in zip(old[0], new[0], strict=True)]
    assert ours == pytest.approx(tests.pvalue[0].tolist())
    return np.array([holm(p_values) for p_values in tests.pvalue]) <= SIGNIFICANCE


@pytest.mark.parametrize("is_paired", [True, False])
def test_error_rate_without_any_change(is_paired, documented):
    """At most one table in twenty has one. Bad seeds are skewed; on the same seeds, they are bad on both sides."""
    random = np.random.default_rng(7)
    if is_paired:
        methods, _ = accuracies(random, (TABLES, 2 * ROWS))
        old, new = methods[:, :ROWS], methods[:, ROWS:]
    else:
        (old, _), (new, _) = accuracies(random, (TABLES, ROWS)), accuracies(random, (TABLES, ROWS))
    rate = significant(old, new, is_paired).any(-1).mean()
    what = f"any of {ROWS} scores changed, where none has, on {'the same' if is_paired else 'other'} seeds"
    assert rate == pytest.approx(documented[what], abs=0.01)
    assert rate <= SIGNIFICANCE + 2 * np.sqrt(SIGNIFICANCE * (1 - SIGNIFICANCE) / TABLES)


def test_power_for_a_change_of_known_size(documented):
    spread = np.sqrt(2 * SPREAD**2 + 2 * 0.11 * 0.89 / TEST_SAMPLES)
    methods, _ = accuracies(np.random.default_rng(8), (1000, 2 * ROWS), 2 * spread * np.eye(2 * ROWS)[:1].T)
    found = significant(methods[:, ROWS:], methods[:, :ROWS], is_paired=True)[:, 0].mean()
    what = f"a change of 2 standard deviations of the differences is marked, among {ROWS} on the same seeds"
    assert found == pytest.approx(documented[what], abs=0.04)
