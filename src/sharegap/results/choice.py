"""Which method to take for one data set, decided on validation scores alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from sharegap.results.resampled import ResampledTest, resampled_test
from sharegap.results.schema import SuiteFacts
from sharegap.results.selection import validation_scores
from sharegap.results.statistics import SIGNIFICANCE, holm

Outcome = Literal["method", "baseline", "linear", "nothing"]
Scores = Mapping[str, Sequence[float]]
"""By name, the validation score of each seed, in the same order of seeds; higher is better."""


@dataclass(frozen=True)
class Comparison:
    """One method against another on validation scores; positive is better.

    Args:
        method: the method.
        other: what it is compared with.
        test: of the paired differences.
        p_value: the test's, adjusted where several methods are compared.
        is_better: whether it is better for sure: p at most 5%, and by more than one sample.
    """

    method: str
    other: str
    test: ResampledTest
    p_value: float
    is_better: bool


@dataclass(frozen=True)
class Decision:
    """Which method to take, and by which comparisons.

    Args:
        outcome: "method": a method beats the baseline; "baseline": none does; "linear": the network that they leave is
            not better than the linear model; "nothing": not even than chance.
        network: the method whose network is taken, whether or not something simpler does as well.
        best: the method with the best mean validation score; None where all others diverged.
        gain: the best against the baseline.
        anchors: the network against each anchor, by its name.
        compared: the number of methods that are compared with the baseline.
    """

    outcome: Outcome
    network: str
    best: str | None
    gain: Comparison | None
    anchors: Mapping[str, Comparison]
    compared: int


def decide(
    methods: Scores, anchors: Scores, *, baseline: str, controls: Sequence[str], ratio: float, sample: float
) -> Decision:
    """Decide which method to take.

    The best method is the one with the best mean validation score, of those that are no control. It is taken if it
    beats the baseline: adjusted over all methods that are compared (Holm), at 5%. The network that this leaves must
    beat chance, and then the linear model, at 5% each. No test score takes part.

    Args:
        methods: the scores of the baseline and of all methods.
        anchors: those of `chance`, `linear` and `neighbours`, as far as they are measured.
        baseline: what to take where nothing beats it.
        controls: methods that explain an effect, and are not to be taken.
        ratio: validation samples of a split per training sample.
        sample: what one validation sample counts in a score; 0 where that is unknown.

    Example:
        >>> methods = {"none": [0.70, 0.71, 0.69, 0.70], "soft": [0.80, 0.82, 0.79, 0.80], "l2": [0.7, 0.7, 0.7, 0.7]}
        >>> anchors = {"chance": [0.5] * 4, "linear": [0.6, 0.61, 0.6, 0.6]}
        >>> decision = decide(methods, anchors, baseline="none", controls=[], ratio=0.25, sample=0.01)
        >>> decision.outcome, decision.network
        ('method', 'soft')
    """
    candidates = [name for name in methods if name != baseline and name not in controls]
    tests = [resampled_test(_differences(methods[name], methods[baseline]), ratio, sample) for name in candidates]
    adjusted = holm([test.p_value for test in tests])
    gains = {}
    for name, test, p_value in zip(candidates, tests, adjusted, strict=True):
        gains[name] = _comparison(name, baseline, test, float(p_value), sample)
    finite = [name for name in candidates if np.isfinite(methods[name]).all()]
    best = max(finite, key=lambda name: float(np.mean(methods[name])), default=None)
    gain = gains[best] if best else None
    is_baseline_lost = not np.isfinite(methods[baseline]).all()
    network = best if best and gain and (gain.is_better or is_baseline_lost) else baseline
    against = {}
    for name, scores in anchors.items():
        test = resampled_test(_differences(methods[network], scores), ratio, sample)
        against[name] = _comparison(network, name, test, test.p_value, sample)
    return Decision(_outcome(network, baseline, against), network, best, gain, against, len(candidates))


def validation_by_name(
    study: str, measured: pl.DataFrame, facts: SuiteFacts, runs: pl.DataFrame
) -> tuple[Scores, Scores]:
    """Return the validation scores of a study's methods and of its anchors, as `decide` takes them.

    Args:
        study: its name.
        measured: its measured runs.
        facts: the suite's, which say what its anchors are.
        runs: all stored runs, in the columns of RUNS.
    """
    scores = validation_scores(runs)
    methods = {}
    for (method,), group in measured.filter(study=study).group_by("method", maintain_order=True):
        methods[str(method)] = [scores[run] for run in group.sort("seed")["run"]]
    anchors = {}
    for name, ids in facts["anchors"].get(study, {}).items():
        if all(run in scores for run in ids):
            anchors[name] = [scores[run] for run in ids]
    return methods, anchors


def _outcome(network: str, baseline: str, against: Mapping[str, Comparison]) -> Outcome:
    """What is to be taken: the simplest thing that the network is not better than."""
    if "chance" in against and not against["chance"].is_better:
        return "nothing"
    if "linear" in against and not against["linear"].is_better:
        return "linear"
    return "baseline" if network == baseline else "method"


def _differences(scores: Sequence[float], others: Sequence[float]) -> np.ndarray:
    return np.asarray(scores, dtype=float) - np.asarray(others, dtype=float)


def _comparison(method: str, other: str, test: ResampledTest, p_value: float, sample: float) -> Comparison:
    # Scores of few samples coincide: the difference of one is no finding, whatever the spread.
    is_more = test.mean > sample * (1 + 1e-6)
    is_better = is_more and not math.isnan(p_value) and p_value <= SIGNIFICANCE
    return Comparison(method, other, test, p_value, is_better)
