"""The heat map's colors."""

import pytest

from sharegap.leaderboard.figures import Tile, draw_interaction_heatmap
from tests.leaderboard.pictures import rows_of

EFFECTS = [0.1, -0.2, 0.05, 5.0]
TILES = [Tile("l2", f"study {i}", "none", effect, f"{effect:+}", is_marked=i == 1) for i, effect in enumerate(EFFECTS)]


def test_color_scale_is_centered_at_0():
    """One huge effect does not fade the others."""
    spec = draw_interaction_heatmap(TILES, "none").to_dict()["spec"]
    (low, middle, high), clamp = (spec["layer"][0]["encoding"]["color"]["scale"][key] for key in ("domain", "clamp"))
    assert (low, middle) == (-high, 0)
    assert 0.2 < high < 5.0
    assert clamp


def test_each_tile_is_a_row():
    rows = rows_of(draw_interaction_heatmap(TILES, "none"))
    assert [row["relative_effect"] for row in rows] == EFFECTS
    assert [row["is_marked"] for row in rows] == [False, True, False, False]


@pytest.mark.parametrize("tiles", [[], [Tile("l2", "study", "none", 0.0, "0")]])
def test_without_effects(tiles):
    """Nothing to draw, or nothing to color."""
    chart = draw_interaction_heatmap(tiles, "none")
    assert (chart is None) == (not tiles)
