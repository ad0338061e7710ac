"""The leaderboard: from the finished runs of a suite to a page, csv, json, markdown and the terminal. No torch."""

from sharegap.leaderboard.formats.files import write
from sharegap.leaderboard.formats.suites import PAGE, write_suite
from sharegap.leaderboard.formats.terminal import show, show_settings

__all__ = ["PAGE", "show", "show_settings", "write", "write_suite"]
