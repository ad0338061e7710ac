"""Names in a picture lie on nothing else."""

from itertools import combinations

import numpy as np
import pytest

from sharegap.leaderboard.figures.label_placement import Box, place_labels, text_box

FRAME = Box(0, 0, 640, 340)


@pytest.mark.parametrize("spread", [0, 15, 60, 300])
def test_labels_overlap_nothing(spread):
    random = np.random.default_rng(spread)
    texts = ["none", "hard", "soft", "l2", "dropout", "early_stopping"]
    points = [(320 + spread * x, 170 + spread * y / 2) for x, y in random.uniform(-1, 1, (len(texts), 2))]
    obstacles = [Box(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    places = place_labels(points, texts, obstacles, FRAME)
    boxes = [text_box((px + x, py + y), text) for (px, py), (x, y), text in zip(points, places, texts, strict=True)]
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))
    assert all(box.overlap(obstacle) == 0 for box in boxes for obstacle in obstacles)


def test_labels_stay_inside_the_frame():
    (place,) = place_labels([(638, 2)], ["early_stopping"], [], FRAME)
    box = text_box((638 + place[0], 2 + place[1]), "early_stopping")
    assert box.right <= FRAME.right
    assert box.top >= FRAME.top
