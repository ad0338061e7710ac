"""The Pareto front, against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sharegap.results.pareto import pareto_front

POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


def dominates(a, b):
    return a != b and a[0] <= b[0] and a[1] <= b[1]


@given(POINTS)
def test_front_is_what_nothing_dominates(points):
    """No point on it is dominated by any; every point off it is, by one on it."""
    costs, errors = np.array(points, dtype=float).T
    on_front = pareto_front(costs, errors)
    front = [point for point, is_on in zip(points, on_front, strict=True) if is_on]
    rest = [point for point, is_on in zip(points, on_front, strict=True) if not is_on]
    assert front
    assert not [point for point in front if any(dominates(other, point) for other in points)]
    assert all(any(dominates(other, point) for other in front) for point in rest)


def test_equal_points_are_on_it_together():
    assert pareto_front(np.array([1, 1, 2]), np.array([0.1, 0.1, 0.1])).tolist() == [True, True, False]


def test_no_points():
    assert pareto_front(np.array([]), np.array([])).tolist() == []
