"""Placement of labels so that they overlap nothing, which Vega-Lite does not see to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sharegap.leaderboard.figures.encodings import LETTER_HEIGHT, LETTER_WIDTH

DISTANCES = (11.0, 24.0, 40.0, 64.0)  # pixels between a point and its label
SLOPES = (-0.7, 0.7, 0, -1.4, 1.4)
"""Vertical offsets of a label beside its point, relative to the distance, in order of preference."""
Offset = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """Return the area of the intersection."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


def text_box(center: Offset, text: str) -> Box:
    """Return the rectangle that a centered text covers."""
    width = LETTER_WIDTH * len(text) / 2
    x, y = center
    return Box(x - width, y - LETTER_HEIGHT / 2, x + width, y + LETTER_HEIGHT / 2)


def place_labels(points: Sequence[Offset], texts: Sequence[str], obstacles: Sequence[Box], frame: Box) -> list[Offset]:
    """Return the offset in pixels of each text's center from its point: the nearest one with the least overlap.

    Greedy, in the order of the points: enough for the dozen points of a study.

    Args:
        points: The points in pixels, x to the right and y down.
        texts: The label of each point.
        obstacles: The rectangles that labels should not cover, such as points and bars.
        frame: The rectangle that labels should not leave.
    """
    occupied, offsets = list(obstacles), []
    for (x, y), text in zip(points, texts, strict=True):
        best_cost = math.inf
        for dx, dy in _candidates(text):
            box = text_box((x + dx, y + dy), text)
            cost = _cost(box, occupied, frame)
            # Strictly smaller: of candidates that overlap equally, the nearest stays.
            if cost < best_cost:
                best_cost, best_offset, best_box = cost, (dx, dy), box
        offsets.append(best_offset)
        occupied.append(best_box)
    return offsets


def _candidates(text: str) -> list[Offset]:
    """Offsets around a point, near ones first: beside it, then above and below."""
    half = LETTER_WIDTH * len(text) / 2
    offsets: list[Offset] = []
    for distance in DISTANCES:
        for slope in SLOPES:
            offsets += [(half + distance, slope * distance), (-(half + distance), slope * distance)]
        offsets += [(0.0, -distance), (0.0, distance)]
    return offsets


def _cost(box: Box, occupied: Sequence[Box], frame: Box) -> float:
    """The covered area, and the area outside the frame."""
    area = (box.right - box.left) * (box.bottom - box.top)
    return sum(box.overlap(other) for other in occupied) + area - box.overlap(frame)
