"""The table of finished runs, and the statistics over it. No torch."""

from sharegap.results.schema import PLAN, RUNS, VERSION
from sharegap.results.store import Store
from sharegap.results.summary import by_strength, extra_metrics_table, join_runs, leaderboard, selected_runs

__all__ = [
    "PLAN",
    "RUNS",
    "VERSION",
    "Store",
    "by_strength",
    "extra_metrics_table",
    "join_runs",
    "leaderboard",
    "selected_runs",
]
