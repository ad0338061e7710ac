"""The table of finished runs, and the statistics over it. No torch."""

from sharegap.results.schema import PLAN, RUNS, VERSION, MethodFacts, PublishedFacts, SuiteFacts
from sharegap.results.selection import join_runs, selected_runs
from sharegap.results.store import Store
from sharegap.results.summary import by_strength, extra_metrics_table, leaderboard

__all__ = [
    "PLAN",
    "RUNS",
    "VERSION",
    "MethodFacts",
    "PublishedFacts",
    "Store",
    "SuiteFacts",
    "by_strength",
    "extra_metrics_table",
    "join_runs",
    "leaderboard",
    "selected_runs",
]
