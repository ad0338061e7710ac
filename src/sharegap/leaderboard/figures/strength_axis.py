"""The rows of a method along the logarithmic axis of its strength."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl

from sharegap.leaderboard.cells import format_strength

ENDS = {0.0: "independent", math.inf: "hard"}
"""The ends of the sharing path."""


@dataclass(frozen=True)
class Path:
    """A method's rows by ascending strength.

    `x` is log10 of the strength; 0 and infinity are one step beyond the other strengths.
    """

    method: str
    rows: pl.DataFrame
    x: list[float]
    labels: list[str]


def make_path(by_strength: pl.DataFrame, method: str, sharing_path: Mapping[str, float | None] | None = None) -> Path:
    """Make the path of a method, with the methods at the ends of the `sharing_path` if it is given.

    Args:
        by_strength: One row per method and strength.
        method: The method with several strengths.
        sharing_path: The strength of each method on the path from 0 to infinity; None for `method` itself.
    """
    strength_or_0 = pl.col("strength").cast(pl.Float64).fill_nan(None).fill_null(0.0)
    method_rows = by_strength.filter(method=method).with_columns(x=strength_or_0)
    rows = [method_rows.sort("x", maintain_order=True)]
    for end_method, strength in (sharing_path or {}).items():
        end_rows = by_strength.filter(method=end_method).with_columns(x=pl.lit(strength, pl.Float64))
        if strength == 0:
            rows.insert(0, end_rows)
        elif strength == math.inf:
            rows.append(end_rows)
    path = pl.concat(rows)
    labels = []
    for row in path.to_dicts():
        labels.append(format_strength(row["strength"]) if row["method"] == method else ENDS[row["x"]])
    return Path(method, path, _log_positions(path["x"].to_list()), labels)


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
