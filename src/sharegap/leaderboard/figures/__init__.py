"""The figures of the page, as Altair charts. Each is None if there is nothing to draw."""

from sharegap.leaderboard.figures.cost import draw_cost
from sharegap.leaderboard.figures.critical_difference import draw_critical_difference
from sharegap.leaderboard.figures.error_vs_gap import draw_error_vs_gap
from sharegap.leaderboard.figures.interaction_heatmap import Tile, draw_interaction_heatmap
from sharegap.leaderboard.figures.learning_curves import draw_factors, draw_learning_curves
from sharegap.leaderboard.figures.performance_profiles import draw_performance_profiles
from sharegap.leaderboard.figures.regularization_paths import StudyPaths
from sharegap.leaderboard.figures.style import Style, assign_styles
from sharegap.leaderboard.figures.svg import to_svg
from sharegap.leaderboard.figures.training_curves import draw_training_curves

__all__ = [
    "StudyPaths",
    "Style",
    "Tile",
    "assign_styles",
    "draw_cost",
    "draw_critical_difference",
    "draw_error_vs_gap",
    "draw_factors",
    "draw_interaction_heatmap",
    "draw_learning_curves",
    "draw_performance_profiles",
    "draw_training_curves",
    "to_svg",
]
