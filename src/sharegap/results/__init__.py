"""The table of finished runs, and the statistics over it. No torch.

What reads and writes the tables is here. The statistics are in modules of their own: scipy takes a second to load.
"""

from sharegap.results.schema import PLAN, RUNS, VERSION, MethodFacts, PublishedFacts, SuiteFacts
from sharegap.results.selection import join_runs, selected_runs
from sharegap.results.store import Store

__all__ = [
    "PLAN",
    "RUNS",
    "VERSION",
    "MethodFacts",
    "PublishedFacts",
    "Store",
    "SuiteFacts",
    "join_runs",
    "selected_runs",
]
