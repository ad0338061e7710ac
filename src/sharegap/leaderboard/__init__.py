"""The leaderboard: from the table of finished runs to a page, csv, json, markdown and terminal. No torch."""

from sharegap.leaderboard.terminal import show
from sharegap.leaderboard.write import write

__all__ = ["show", "write"]
