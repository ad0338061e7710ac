"""The rows of a method along the logarithmic axis of its strength."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from sharegap.leaderboard.cells import format_strength
from sharegap.leaderboard.figures.style import Style

ENDS = {0.0: "independent", math.inf: "hard"}
"""The ends of the sharing path."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Study:
    """The rows of a study by method and strength, and what its figures mark in them.

    Args:
        rows: The rows of each method, by ascending strength.
        selected: The strength of each method that validation selected.
        styles: The style of each method.
        baseline: The method drawn as a horizontal line.
    """

    rows: Mapping[str, Sequence[Row]]
    selected: Mapping[str, float | None]
    styles: Mapping[str, Style]
    baseline: str


@dataclass(frozen=True)
class Path:
    """A method's rows along the logarithmic axis of its strength.

    `x` is log10 of the strength; 0 and infinity are one step beyond the other strengths.
    """

    method: str
    rows: list[Row]
    x: list[float]
    labels: list[str]


def make_path(study: Study, method: str, sharing_path: Mapping[str, float | None] | None = None) -> Path:
    """Make the method's path, with the methods at its ends if it is on the sharing path."""
    rows = sorted(study.rows[method], key=lambda row: _strength(row))
    strengths = [_strength(row) for row in rows]
    labels = [format_strength(row["strength"]) for row in rows]
    for end_method, strength in (sharing_path or {}).items():
        if strength in ENDS and end_method in study.rows:
            index = 0 if strength == 0 else len(rows)
            rows[index:index] = study.rows[end_method]
            strengths[index:index] = [strength] * len(study.rows[end_method])
            labels[index:index] = [ENDS[strength]] * len(study.rows[end_method])
    return Path(method, rows, _log_positions(strengths), labels)


def _log_positions(strengths: Sequence[float]) -> list[float]:
    logs = [math.log10(strength) for strength in strengths if 0 < strength < math.inf]
    steps = [after - before for before, after in pairwise(logs)]
    step = max(median(steps), 0.2) if steps else 1.0
    positions = []
    for strength in strengths:
        if strength <= 0:
            positions.append(min(logs, default=0.0) - step)
        elif strength == math.inf:
            positions.append(max(logs, default=0.0) + step)
        else:
            positions.append(math.log10(strength))
    return positions


def _strength(row: Row) -> float:
    strength = row["strength"]
    return 0.0 if strength is None or math.isnan(strength) else strength
