"""The leaderboard: from the table of finished runs to a page, csv, json, markdown and terminal. No torch."""

from sharegap.leaderboard.formats.files import write
from sharegap.leaderboard.formats.terminal import show

__all__ = ["show", "write"]
