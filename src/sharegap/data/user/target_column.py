"""A column of targets."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Column:
    """One target of all samples.

    Args:
        name: what the user calls it.
        values: (samples,) numbers or text; class indices once there are `class_names`.
        missing: (samples,) whether the file has no value.
        class_names: the classes in the order of their indices; empty for real numbers.
        marks: what is written where a value is missing; empty if nothing is.
    """

    name: str
    values: np.ndarray
    missing: np.ndarray
    class_names: tuple[str, ...] = ()
    marks: str = ""

    @property
    def is_real(self) -> bool:
        """Whether the values are floating-point numbers."""
        return self.values.dtype.kind == "f"
