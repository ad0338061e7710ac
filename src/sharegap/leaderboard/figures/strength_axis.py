"""The rows of a method along the axis of its strength."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl

from sharegap.leaderboard.cells import format_strength

ENDS = {0.0: "independent", math.inf: "hard"}
"""The ends of the sharing path."""
CORRELATIONS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
"""Ticks of its axis."""


@dataclass(frozen=True)
class Path:
    """A method's rows by ascending strength, with their places on the axis and how they are named."""

    method: str
    rows: pl.DataFrame
    x: list[float]
    labels: list[str]


def make_path(by_strength: pl.DataFrame, method: str) -> Path:
    """Make the path of a method on a logarithmic axis. Strengths of 0 and infinity are one step beyond the others.

    Args:
        by_strength: One row per method and strength.
        method: The method with several strengths.
    """
    rows = _ascending(by_strength, method)
    strengths = rows["strength"].to_list()
    return Path(method, rows, _log_positions(strengths), [format_strength(strength) for strength in strengths])


def make_sharing_path(by_strength: pl.DataFrame, method: str, sharing_path: Mapping[str, float | None]) -> Path:
    """Make the path from independent to hard sharing on a logit axis of the copies' correlation, ρ = λ / (1 + λ).

    The logit of ρ is the logarithm of λ. The ends are one step beyond the others.

    Args:
        by_strength: One row per method and strength.
        method: The method whose strength is λ.
        sharing_path: The λ of each method at an end of the path, 0 or infinity; None for `method` itself.
    """
    rows = [_ascending(by_strength, method)]
    for end_method, strength in sharing_path.items():
        end = by_strength.filter(method=end_method).with_columns(strength=pl.lit(strength, pl.Float64))
        if strength == 0:
            rows.insert(0, end)
        elif strength == math.inf:
            rows.append(end)
    path = pl.concat(rows)
    labels = []
    for name, strength in path.select("method", "strength").iter_rows():
        labels.append(format_strength(strength) if name == method else ENDS[strength])
    return Path(method, path, _log_positions(path["strength"].to_list()), labels)


def correlation_ticks(path: Path) -> dict[float, str]:
    """Return the ticks of a sharing path's axis by their places, those of its ends among them."""
    inner = [x for x, label in zip(path.x, path.labels, strict=True) if label not in ENDS.values()]
    ticks = {}
    for correlation in CORRELATIONS:
        x = math.log10(correlation / (1 - correlation))
        # Further out they would lie beside the ends.
        if min(inner) - 0.01 <= x <= max(inner) + 0.01:
            ticks[x] = f"{correlation:g}"
    for x, label in zip(path.x, path.labels, strict=True):
        if label in ENDS.values():
            ticks[x] = f"{'0' if label == ENDS[0.0] else '1'} ({label})"
    return ticks


def _ascending(by_strength: pl.DataFrame, method: str) -> pl.DataFrame:
    strength_or_0 = pl.col("strength").cast(pl.Float64).fill_nan(None).fill_null(0.0)
    return by_strength.filter(method=method).with_columns(strength_or_0).sort("strength", maintain_order=True)


def _log_positions(strengths: Sequence[float]) -> list[float]:
    logs = [math.log10(strength) for strength in strengths if 0 < strength < math.inf]
    steps = np.diff(logs).tolist()
    # At least 0.2: the ends stay apart from strengths that are close together.
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
