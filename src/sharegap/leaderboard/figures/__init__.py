"""The page's pictures, as Plotly figures; each is None where there is nothing to draw."""

from sharegap.leaderboard.figures.critical_difference import critical_difference
from sharegap.leaderboard.figures.error_and_gap import error_and_gap
from sharegap.leaderboard.figures.interaction_map import Tile, interaction_map
from sharegap.leaderboard.figures.performance_profiles import performance_profiles
from sharegap.leaderboard.figures.strength_paths import sharing_path, strength_paths
from sharegap.leaderboard.figures.style import Style, styles
from sharegap.leaderboard.figures.training_curves import training_curves

__all__ = [
    "Style",
    "Tile",
    "critical_difference",
    "error_and_gap",
    "interaction_map",
    "performance_profiles",
    "sharing_path",
    "strength_paths",
    "styles",
    "training_curves",
]
