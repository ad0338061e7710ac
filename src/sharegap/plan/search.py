"""The search for a method's settings: which trials come next, given the validation scores so far.

It knows neither suites nor runs. All methods get the same number of trials, and each spends it in the same order: first
the numbers of its own at the default learning rate, then learning rates at the best of these.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Trial = tuple[float, ...]
"""One value for each axis."""
Scores = Mapping[Trial, float]
"""The mean validation score of each finished trial, higher is better; NaN of one that diverged."""


@dataclass(frozen=True)
class Axis:
    """One number that is tuned.

    Args:
        name: path of the option, e.g. "sharing.strength".
        grid: values that are tried first, weak to strong, at least two; steps are even in their logarithm.
        default: the value while other numbers are tuned.
        weakest: bound of the search at the weak end.
        strongest: bound at the strong end.
        trials: how many values are tried at least, unless there are fewer; a last axis takes all that are left.
        whole: whether values are integers.
    """

    name: str
    grid: tuple[float, ...]
    default: float
    weakest: float
    strongest: float
    trials: int
    whole: bool = False

    def beyond(self, value: float, neighbour: float) -> float | None:
        """The next value beyond the end of what was tried, one step further; None at a bound."""
        if neighbour < value:
            bound = max(self.weakest, self.strongest)
            further = min(bound, value * value / neighbour)
        else:
            bound = min(self.weakest, self.strongest)
            further = max(bound, value * value / neighbour)
        further = self._rounded(further)
        return None if further == value else further

    def between(self, value: float, neighbour: float) -> float | None:
        """The value half way, in logarithms; None where there is none."""
        middle = self._rounded(math.sqrt(value * neighbour))
        return None if middle in (value, neighbour) else middle

    def ordered(self, values: Sequence[float]) -> list[float]:
        """Values from weak to strong."""
        return sorted(values, reverse=self.strongest < self.weakest)

    def cast(self, value: float) -> float:
        """The value as the option takes it."""
        return int(value) if self.whole else value

    def _rounded(self, value: float) -> float:
        return float(round(value)) if self.whole else float(f"{value:.6g}")


def next_trials(axes: Sequence[Axis], scores: Scores, budget: int) -> list[Trial]:
    """Return the trials to run next; none where the search has ended.

    Each axis is searched in turn, at the best value of those before it and the default of those after it. Its grid
    comes first. As long as the best value lies at an end, one beyond it is tried. Once it lies inside, values half way
    to its neighbours are tried, the farther neighbour first, and of two as far the better.

    Args:
        axes: the numbers to tune, at least one.
        scores: of the finished trials.
        budget: the number of trials in all.

    Example:
        >>> axis = Axis("strength", (0.1, 1.0, 10.0), 1.0, weakest=1e-6, strongest=1e6, trials=4)
        >>> next_trials([axis], {(0.1,): 0.5, (1.0,): 0.6, (10.0,): 0.7}, budget=4)
        [(100.0,)]
    """
    fixed: list[float] = []
    for index, axis in enumerate(axes):
        later = [other.default for other in axes[index + 1 :]]
        left = budget - len(scores)
        found = _on_axis(axis, fixed, later, scores)
        allowed = left if index == len(axes) - 1 else min(left, axis.trials - len(found))
        wanted = _next_values(axis, found, allowed)
        if wanted:
            return [(*fixed, value, *later) for value in wanted]
        fixed.append(_best_value(axis, found))
    return []


def best_trial(axes: Sequence[Axis], scores: Scores) -> Trial:
    """Return the trial with the best score; a tie goes to the weakest, the first axis before the next."""
    ranks = {
        trial: [axis.ordered(_values(scores, i)).index(trial[i]) for i, axis in enumerate(axes)] for trial in scores
    }
    return min(scores, key=lambda trial: (-_comparable(scores[trial]), ranks[trial]))


def edges(axes: Sequence[Axis], scores: Scores) -> list[str]:
    """Return the names of the axes on which the best trial lies at an end of what was tried."""
    best = best_trial(axes, scores)
    at_edge = []
    for index, axis in enumerate(axes):
        values = axis.ordered(_values(scores, index))
        if len(values) > 1 and best[index] in (values[0], values[-1]):
            at_edge.append(axis.name)
    return at_edge


def _on_axis(axis: Axis, before: Sequence[float], after: Sequence[float], scores: Scores) -> dict[float, float]:
    """By value of an axis, the scores of the trials that have these values on the axes before and after it."""
    found = {}
    place = len(before)
    for trial, score in scores.items():
        if trial[:place] == tuple(before) and trial[place + 1 :] == tuple(after):
            found[trial[place]] = _comparable(score)
    return found


def _next_values(axis: Axis, found: Mapping[float, float], allowed: int) -> list[float]:
    missing = [value for value in axis.grid if value not in found]
    if missing or allowed <= 0:
        return missing[: max(0, allowed)]
    values = axis.ordered(list(found))
    place = values.index(_best_value(axis, found))
    neighbours = values[max(0, place - 1) : place] + values[place + 1 : place + 2]
    if len(neighbours) == 1:
        further = axis.beyond(values[place], neighbours[0])
        if further is not None:
            return [further]
    # Always towards the better one, the search would never leave that side.
    neighbours.sort(key=lambda value: (-round(abs(math.log(value / values[place])), 3), -found[value]))
    halves = [axis.between(values[place], neighbour) for neighbour in neighbours]
    return [half for half in halves if half is not None and half not in found][:1]


def _best_value(axis: Axis, found: Mapping[float, float]) -> float:
    return max(axis.ordered(list(found)), key=lambda value: found[value])


def _values(scores: Scores, index: int) -> list[float]:
    return list(dict.fromkeys(trial[index] for trial in scores))


def _comparable(score: float) -> float:
    return -math.inf if math.isnan(score) else score
