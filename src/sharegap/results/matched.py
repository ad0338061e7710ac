"""Methods at equal training: each run where its training curve first reaches a target that all methods share.

A method that fits its training data worse has a smaller gap for that alone. Where training losses or scores are equal,
a difference of test scores is one of generalization. The test split chooses nothing: targets, and where a curve reaches
them, are of the training split.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from sharegap.results.wide import CURVES

MATCHED = ("loss_matched_test_score", "loss_matched_gap_score", "loss_matched_gap_loss", "score_matched_test_score")
"""Figures of a run at the study's `target_loss`, and at its `target_score`."""
UNREACHED = 0.1
"""Part of a method's runs that need not reach the target score: otherwise a single failed run would set it."""


def add_matched(runs: pl.DataFrame) -> pl.DataFrame:
    """Return the joined runs with MATCHED and `target_score` of their study.

    That is the highest training score that nine in ten of the measured runs of every method reach, without those that
    diverged. It is null before a method is measured.

    Args:
        runs: in wide columns, with the labels of a plan and `target_loss`.
    """
    scores, direction = pl.col("curve_train_score").list, pl.col("higher_is_better").first()
    healthy = runs.filter(~pl.col("diverged"), phase="measure").with_columns(
        best=pl.when("higher_is_better").then(scores.max()).otherwise(-scores.min())
    )
    reached = healthy.group_by("study", "method").agg(direction, pl.col("best").quantile(UNREACHED))
    worst = pl.col("best").min()
    targets = reached.group_by("study").agg(target_score=pl.when(direction).then(worst).otherwise(-worst))
    runs = runs.join(targets, on="study", how="left", maintain_order="left")
    columns = ("higher_is_better", "target_loss", "target_score", *CURVES)
    matched = [match(run) for run in runs.select(columns).iter_rows(named=True)]
    return runs.hstack(pl.DataFrame(matched, schema=dict.fromkeys(MATCHED, pl.Float64())))


def match(run: Mapping[str, Any]) -> dict[str, float]:
    """Return MATCHED of one run; NaN where it does not reach the target, and nothing without curves.

    Args:
        run: CURVES as lists of one length, `higher_is_better`, `target_loss` and `target_score`.
    """
    if not run["curve_train_loss"]:
        return {}
    train_loss, train_score, _, _, test_loss, test_score = (np.array(run[name], dtype=float) for name in CURVES)
    sign = 1 if run["higher_is_better"] else -1
    at_loss = crossing(-train_loss, -_number(run["target_loss"]))
    at_score = crossing(sign * train_score, sign * _number(run["target_score"]))
    return {
        "loss_matched_test_score": _value_at(at_loss, test_score),
        "loss_matched_gap_score": _value_at(at_loss, sign * (train_score - test_score)),
        "loss_matched_gap_loss": _value_at(at_loss, test_loss - train_loss),
        "score_matched_test_score": _value_at(at_score, test_score),
    }


def crossing(curve: np.ndarray, target: float) -> float:
    """Return where a curve first rises to the target, as a position between evaluations, the first of which is 0.

    NaN where the curve stays below, or its first point lies above: what was before it is not known.

    Args:
        curve: a value per evaluation, higher is better.
        target: the value to be reached.

    Example:
        >>> crossing(np.array([0.5, 0.7, 0.9]), 0.75)
        1.25
    """
    is_reached = curve >= target
    if not is_reached.any() or curve[0] > target:
        return math.nan
    first = int(is_reached.argmax())
    if curve[first] == target:
        return float(first)
    return float(first - (curve[first] - target) / (curve[first] - curve[first - 1]))


def _value_at(position: float, curve: np.ndarray) -> float:
    # NumPy interpolates a curve of one point to that point, even at NaN.
    return float(np.interp(position, np.arange(len(curve)), curve)) if math.isfinite(position) else math.nan


def _number(target: float | None) -> float:
    return math.nan if target is None else target
