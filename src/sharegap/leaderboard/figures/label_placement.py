"""Where to write the points' names so that they lie on nothing else; Plotly itself does not look."""

from collections.abc import Sequence
from dataclasses import dataclass

LETTER_WIDTH, LETTER_HEIGHT = 7.5, 15.0  # pixels, of the pictures' font
NEAR, FAR, FARTHEST = 14.0, 34.0, 58.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


def text_box(center: tuple[float, float], text: str) -> Box:
    """The rectangle that a centred text covers."""
    width = LETTER_WIDTH * len(text) / 2
    x, y = center
    return Box(x - width, y - LETTER_HEIGHT / 2, x + width, y + LETTER_HEIGHT / 2)


def place_labels(
    points: Sequence[tuple[float, float]], texts: Sequence[str], obstacles: Sequence[Box], frame: Box
) -> list[tuple[float, float]]:
    """The centre of each text relative to its point, in pixels: the nearest place that covers the least.

    Greedy, in the order of the points: enough for the dozen of points that a study has.
    """
    taken, places = list(obstacles), []
    for point, text in zip(points, texts, strict=True):
        candidates = _candidates(text)
        costs = [_cost(text_box((point[0] + x, point[1] + y), text), taken, frame) for x, y in candidates]
        best = candidates[costs.index(min(costs))]
        places.append(best)
        taken.append(text_box((point[0] + best[0], point[1] + best[1]), text))
    return places


def _candidates(text: str) -> list[tuple[float, float]]:
    """Offsets around a point, near ones first: beside it, then above and below."""
    half = LETTER_WIDTH * len(text) / 2
    return [
        offset
        for distance in (NEAR, FAR, FARTHEST)
        for offset in (
            *(
                (side * (half + distance), height * distance)
                for height in (-0.7, 0.7, 0, -1.4, 1.4)
                for side in (1, -1)
            ),
            (0.0, -distance),
            (0.0, distance),
        )
    ]


def _cost(box: Box, taken: Sequence[Box], frame: Box) -> float:
    area = (box.right - box.left) * (box.bottom - box.top)
    return sum(box.overlap(other) for other in taken) + area - box.overlap(frame)
