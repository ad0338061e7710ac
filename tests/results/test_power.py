"""The difference that a study could have seen: its power by simulation, and when there is none."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.results import join_runs, selected_runs
from sharegap.results.power import POWER, detectable_difference, detectable_differences
from sharegap.results.statistics import SIGNIFICANCE, permutation_p_values
from tests.results.test_marks import of_finished
from tests.results.test_paired import GAIN, NONE, SEEDS, cases

TABLES = 20_000
CASES = [(8, 5), (10, 5), (12, 10), (6, 1)]


def drawn(pairs, planned, tables=TABLES):
    """Paired differences (tables, pairs) whose mean is the detectable one."""
    mean = detectable_difference(2.0, pairs=pairs, planned=planned)
    return np.random.default_rng(pairs * planned).normal(mean, 2.0, (tables, pairs))


@pytest.mark.parametrize(("pairs", "planned"), CASES)
def test_power_of_the_t_test_is_80_percent(pairs, planned):
    p_values = stats.ttest_1samp(drawn(pairs, planned), 0, axis=-1).pvalue
    power = (p_values <= SIGNIFICANCE / planned).mean()
    assert power == pytest.approx(POWER, abs=3 * math.sqrt(POWER * (1 - POWER) / TABLES))


@pytest.mark.parametrize("pairs", [8, 10])
def test_power_of_the_permutation_test(pairs, documented):
    """The p-values are its, and with few seeds it sees less than the t test."""
    differences = drawn(pairs, 5, tables=4000)
    power = (permutation_p_values(differences) <= SIGNIFICANCE / 5).mean()
    what = f"the permutation test shows what a t test shows with 80% power, {pairs} seeds, 5 methods"
    assert power == pytest.approx(documented[what], abs=0.02)
    assert power < POWER + 0.02


@pytest.mark.parametrize(("effect", "pairs"), [(0.8, 15), (0.5, 34)])
def test_pairs_for_an_effect_are_as_known(effect, pairs):
    """Two-sided at 5%, a large effect takes 15 pairs, and a medium one 34; with one fewer the power is below 80%."""
    enough, too_few = (detectable_difference(1.0, pairs=number, planned=1) for number in (pairs, pairs - 1))
    assert enough < effect < too_few


def test_detectable_difference_shrinks_with_seeds():
    """It grows with the number of comparisons, and is in the unit of the spread."""
    by_pairs = [detectable_difference(1.0, pairs=pairs, planned=5) for pairs in (2, 3, 8, 10, 30, 1000)]
    assert by_pairs == sorted(by_pairs, reverse=True)
    by_planned = [detectable_difference(1.0, pairs=10, planned=planned) for planned in (1, 5, 50)]
    assert by_planned == sorted(by_planned)
    assert detectable_difference(0.0, pairs=10, planned=5) == 0
    assert detectable_difference(3.0, pairs=10, planned=5) == pytest.approx(3 * by_pairs[3])


def found(make_table, given):
    return detectable_differences(selected_runs(join_runs(*make_table(given))), "none")["d"]


def test_spread_is_the_median_over_methods(make_table):
    given = cases()
    score = {method: [given[method, None, seed]["final_test_score"] for seed in range(SEEDS)] for method in GAIN}
    spreads = [np.subtract(row, NONE).std(ddof=1) for row in score.values()]
    expected = detectable_difference(float(np.median(spreads)), pairs=SEEDS, planned=len(GAIN))
    assert found(make_table, given) == pytest.approx(expected)
    diverged = cases(l2=np.full(SEEDS, math.nan))
    spreads = [spread for method, spread in zip(score, spreads, strict=True) if method != "l2"]
    expected = detectable_difference(float(np.median(spreads)), pairs=SEEDS, planned=len(GAIN))
    assert found(make_table, diverged) == pytest.approx(expected)


def test_one_test_sample_is_the_least_difference(make_table):
    facts = {"final_test_samples": 12}
    given = {case: figures | facts for case, figures in cases().items()}
    assert found(make_table, given) == pytest.approx(1 / 12)


def test_no_detectable_difference_without_a_test(make_table):
    """Too few seeds for the plan, no spread, no baseline, a diverged baseline, or nothing to compare."""
    assert found(make_table, cases(seeds=7)) is None
    assert found(make_table, {(method, None, seed): {} for method in ("none", "l2") for seed in range(8)}) is None
    assert found(make_table, {case: figures for case, figures in cases().items() if case[0] != "none"}) is None
    assert found(make_table, cases(none=np.full(SEEDS, math.nan))) is None
    assert found(make_table, {("none", None, seed): {} for seed in range(8)}) is None


def test_unfinished_study_has_none(make_table):
    scored = of_finished(make_table, cases(), lambda *case: case == ("soft", 3))
    assert detectable_differences(selected_runs(scored), "none") == {"d": None}
