"""The table of finished runs, and the statistics over it. No torch."""

from sharegap.results.schema import PLAN, RUNS, VERSION
from sharegap.results.store import Store
from sharegap.results.table import by_strength, chosen, further_figures, leaderboard, scored

__all__ = ["PLAN", "RUNS", "VERSION", "Store", "by_strength", "chosen", "further_figures", "leaderboard", "scored"]
