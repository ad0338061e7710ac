"""Callbacks for anyone's Lightning Trainer."""

from sharegap.callbacks.gap_monitor import GapMonitor

__all__ = ["GapMonitor"]
