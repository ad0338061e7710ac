"""The page's pictures, as Plotly figures; each is None where there is nothing to draw."""

from sharegap.leaderboard.figures.critical_difference import critical_difference
from sharegap.leaderboard.figures.error_vs_gap import error_and_gap
from sharegap.leaderboard.figures.interaction_heatmap import Tile, interaction_map
from sharegap.leaderboard.figures.learning_curves import factor_curves, learning_curves
from sharegap.leaderboard.figures.performance_profiles import performance_profiles
from sharegap.leaderboard.figures.regularization_paths import sharing_path, strength_paths
from sharegap.leaderboard.figures.style import Style, styles
from sharegap.leaderboard.figures.training_curves import training_curves

__all__ = [
    "Style",
    "Tile",
    "critical_difference",
    "error_and_gap",
    "factor_curves",
    "interaction_map",
    "learning_curves",
    "performance_profiles",
    "sharing_path",
    "strength_paths",
    "styles",
    "training_curves",
]
