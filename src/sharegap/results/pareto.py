"""Which methods no other one beats in both cost and error."""

import numpy as np


def pareto_front(costs: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Return which points are on the Pareto front.

    A point is dominated where another one costs no more, errs no more, and is better in one of the two. Equal points
    are on the front together.

    Args:
        costs: (points,), finite; lower is better.
        errors: (points,), finite; lower is better.

    Returns:
        Booleans, (points,).

    Example:
        >>> pareto_front(np.array([1, 2, 3]), np.array([0.3, 0.1, 0.2])).tolist()
        [True, True, False]
    """
    cost_differences, error_differences = costs[:, None] - costs, errors[:, None] - errors
    is_no_worse = (cost_differences >= 0) & (error_differences >= 0)
    is_better = (cost_differences > 0) | (error_differences > 0)
    return ~(is_no_worse & is_better).any(1)
