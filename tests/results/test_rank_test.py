"""The ranks' tests, against Demšar's own example, and the ranks that follow from them on planted orders."""

import math

import numpy as np
import pytest
from scipy import stats

from sharegap.results.rank_test import FEWEST_STUDIES, RankTest, rank_methods, rank_test, ranks

# Demšar (2006), table 6: AUC of four variants of C4.5 on 14 data sets
AUC = np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip


def test_rank_test_agrees_with_published_example():
    test = rank_test(ranks([1 - row[:, None] for row in AUC]))
    assert test.mean_ranks == pytest.approx([3.143, 2.0, 2.893, 1.964], abs=1e-3)
    assert test.critical_difference == pytest.approx(1.25, abs=0.005)
    assert test.p_value < 0.05
    assert test.cliques == [pytest.approx((1.964, 3.143), abs=1e-3)]  # at 5 % only 10 % tells two apart


@pytest.mark.parametrize(
    ("mean_ranks", "difference", "cliques"),
    [
        ([1, 2, 3, 4], 1.5, [(1, 2), (2, 3), (3, 4)]),
        ([1, 2, 3, 4], 2.5, [(1, 3), (2, 4)]),
        ([1, 1.2, 3, 3.1], 1.0, [(1, 1.2), (3, 3.1)]),
        ([4, 2, 1, 3], 1.0, []),  # as far apart as the critical difference is apart
        ([1.5, 1.5, 3], 1.0, [(1.5, 1.5)]),
    ],
)
def test_cliques_join_all_that_do_not_differ(mean_ranks, difference, cliques):
    assert RankTest(np.array(mean_ranks, dtype=float), 0.01, difference).cliques == cliques


def test_one_clique_where_friedman_accepts():
    assert RankTest(np.array([1.0, 2.0, 3.0]), 0.2, 0.5).cliques == [(1.0, 3.0)]
    all_tied = rank_test(np.full((6, 3), 2.0))
    assert (all_tied.p_value, all_tied.cliques) == (1, [(2, 2)])


def test_no_rank_test_with_few_studies_or_methods():
    order = np.tile(np.arange(1.0, 5), (5, 1))
    assert rank_test(order) is not None
    assert rank_test(order[:4]) is None
    assert rank_test(order[:, :2]) is None


def study(*means):
    """Errors (methods, seeds) around given means."""
    return np.array(means)[:, None] + np.random.default_rng(0).normal(0, 0.01, (len(means), 8))


def test_ranks_with_ties_and_divergence():
    found = ranks([np.array([[0.2, 0.2], [0.1, 0.1], [0.2, 0.2], [math.nan, 0.0]])])
    assert found.tolist() == [[2.5, 1, 2.5, 4]]


def test_mean_rank_interval_is_students_t():
    studies = [study(0.3, 0.2, 0.1), study(0.3, 0.1, 0.2), study(0.2, 0.3, 0.1), *2 * [study(0.3, 0.2, 0.1)]]
    _, mean, low, high = rank_methods(studies)
    assert mean == pytest.approx([14 / 5, 10 / 5, 6 / 5])
    expected = stats.ttest_1samp([2, 1, 3, 2, 2], 2).confidence_interval(0.95)
    assert (low[1], high[1]) == pytest.approx((expected.low, expected.high))
    assert (low.min(), high.max()) == (1, 3)  # there are no other ranks
    assert np.isnan(rank_methods(studies[:4])[[0, 2, 3]]).all()


def groups(*sizes, studies=40):
    """Errors of methods in groups: the next group is worse in every study, within a group the order is random."""
    random = np.random.default_rng(0)
    level = np.repeat(np.arange(len(sizes)), sizes)
    return [level[:, None] + random.uniform(0, 0.5, (len(level), 1)) for _ in range(studies)]


@pytest.mark.parametrize(
    ("sizes", "shared"),
    [((1, 1, 1, 1), [1, 2, 3, 4]), ((4,), [1, 1, 1, 1]), ((2, 3), [1, 1, 3, 3, 3]), ((3, 1), [1, 1, 1, 4])],
)
def test_shared_ranks_of_a_planted_order(sizes, shared):
    """Well apart, all alike, and groups: the rank of a group is 1 + the number of methods in the better ones."""
    found, mean, low, high = rank_methods(groups(*sizes))
    assert found.tolist() == shared
    assert (low <= mean).all()
    assert (mean <= high).all()
    order = np.random.default_rng(1).permutation(sum(sizes))
    turned = rank_methods([errors[order] for errors in groups(*sizes)])[0]
    assert turned.tolist() == np.array(shared)[order].tolist()


def test_shared_ranks_of_overlapping_cliques():
    """The middle one cannot be told from either end, but the ends can: it shares the better rank."""
    assert RankTest(np.array([3.0, 2, 1]), 0.01, 1.5).shared_ranks.tolist() == [2, 1, 1]
    assert RankTest(np.array([3.0, 2, 1]), 0.2, 0.5).shared_ranks.tolist() == [1, 1, 1]
    assert RankTest(np.array([3.0, 2, 1]), math.nan, 0.5).shared_ranks.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("methods", "studies"), [(4, FEWEST_STUDIES - 1), (2, 40)])
def test_no_shared_rank_with_few_studies_or_methods(methods, studies):
    found, mean, *_ = rank_methods(groups(*methods * [1], studies=studies))
    assert np.isnan(found).all()
    assert mean.tolist() == list(range(1, methods + 1))


def test_diverged_method_has_the_last_rank():
    diverged = [np.vstack([errors, [math.nan]]) for errors in groups(1, 1, 1)]
    assert rank_methods(diverged)[0].tolist() == [1, 2, 3, 4]


def test_error_rate_of_cliques_at_six_studies(documented):
    random = np.random.default_rng(0)
    tests = [rank_test(random.permuted(np.tile(np.arange(1.0, 7), (6, 1)), axis=1)) for _ in range(400)]
    rate = np.mean([test.cliques != [(test.mean_ranks.min(), test.mean_ranks.max())] for test in tests])
    what = "any two mean ranks of 6 methods in 6 studies differ, where none does"
    assert rate == pytest.approx(documented[what], abs=0.02)
    assert rate <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
