"""The ranks' tests, against Demšar's own example."""

import numpy as np
import pytest

from sharegap.results.aggregate import ranks
from sharegap.results.rank_test import RankTest, rank_test

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


def test_error_rate_of_cliques_at_six_studies(documented):
    random = np.random.default_rng(0)
    tests = [rank_test(random.permuted(np.tile(np.arange(1.0, 7), (6, 1)), axis=1)) for _ in range(400)]
    rate = np.mean([test.cliques != [(test.mean_ranks.min(), test.mean_ranks.max())] for test in tests])
    what = "any two mean ranks of 6 methods in 6 studies differ, where none does"
    assert rate == pytest.approx(documented[what], abs=0.02)
    assert rate <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
