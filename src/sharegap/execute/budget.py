"""How much can be compared in a given time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sharegap.errors import UserError
from sharegap.execute.estimate import OVERHEAD_RUNS, duration
from sharegap.plan.question import BASELINE, Size

RATES = (1, 3, 0.3)
SIZES = (
    Size(trials=6, tuning_seeds=2, seeds=10, learning_rates=RATES),
    Size(trials=5, tuning_seeds=2, seeds=10, learning_rates=RATES),
    Size(trials=4, tuning_seeds=2, seeds=8),
    Size(trials=3, tuning_seeds=2, seeds=6),
    Size(trials=3, tuning_seeds=1, seeds=5),
)
"""What is compared of each method, the most first: what suites have, then ever less."""
MIN_TRIALS = 5
"""With fewer, a strength would have too few left beside the learning rates."""
FIRST_TRIALS = 4
"""So many trials are trained side by side, the later ones one after the other."""
FLEET_SECONDS = 0.5
"""What a fleet takes beside its training."""
SHARE = 0.8
"""Of the time: the rest is for the anchors, the page and the model that is left."""


@dataclass(frozen=True)
class Budget:
    """What is compared.

    Args:
        size: how much is searched and measured of each method.
        methods: what is compared, the baseline first.
        cut: what was left out for lack of time, in words; empty if nothing was.
    """

    size: Size
    methods: list[str]
    cut: str


def fit_budget(
    costs: Mapping[str, float], minutes: float, *, trials: int | None = None, seeds: int | None = None
) -> Budget:
    """Return the most that can be compared in the time: smaller searches before fewer methods.

    Args:
        costs: by method, the more important first, the seconds of one run in a fleet.
        minutes: that all may take.
        trials: settings that each method tries; None to decide.
        seeds: runs that measure each method; None to decide.

    Raises:
        UserError: where even the baseline and one method at the smallest size take longer.

    Example:
        >>> budget = fit_budget({"none": 1.0, "soft": 1.0, "ensemble": 3.0}, minutes=2)
        >>> budget.methods, budget.size.trials, budget.size.seeds
        (['none', 'soft', 'ensemble'], 3, 5)
    """
    sizes = []
    for size in SIZES:
        rates = RATES if (trials or size.trials) >= MIN_TRIALS else (1,)
        sizes.append(replace(size, trials=trials or size.trials, seeds=seeds or size.seeds, learning_rates=rates))
    seconds = 60 * minutes * SHARE
    methods = list(costs)
    for size in sizes:
        if _seconds(costs, methods, size) <= seconds:
            return Budget(size, methods, _describe_cut(size, sizes[0], []))
    size = sizes[-1]
    while len(methods) > 2 and _seconds(costs, methods, size) > seconds:
        methods.pop()
    least = _seconds(costs, methods, size)
    if least > seconds:
        needed = duration(least / SHARE)
        raise UserError(
            f"minutes must be enough to compare {BASELINE} and {methods[-1]}, about {needed}, got {minutes:g}: set "
            "more, or fewer training.steps"
        )
    return Budget(size, methods, _describe_cut(size, sizes[0], [name for name in costs if name not in methods]))


def _seconds(costs: Mapping[str, float], methods: Sequence[str], size: Size) -> float:
    """About how long it takes to search and measure some methods."""
    fleets = 2 + max(0, size.trials - FIRST_TRIALS)
    runs = size.trials * size.tuning_seeds + size.seeds + OVERHEAD_RUNS * fleets
    return sum(runs * costs[method] + fleets * FLEET_SECONDS for method in methods)


def _describe_cut(size: Size, largest: Size, methods: Sequence[str]) -> str:
    """Say what was left out."""
    parts = []
    if size.trials < largest.trials:
        parts.append(f"{size.trials} settings of each method are tried instead of {largest.trials}")
    if len(size.learning_rates) < len(largest.learning_rates):
        parts.append("the learning rate is not tuned")
    if size.seeds < largest.seeds:
        parts.append(f"each is measured on {size.seeds} seeds instead of {largest.seeds}")
    if methods:
        parts.append(f"not compared: {', '.join(methods)}")
    return "; ".join(parts)
