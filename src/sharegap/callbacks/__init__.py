"""Callbacks for anyone's Lightning Trainer."""

from sharegap.callbacks.gap_monitor import GapMonitor
from sharegap.callbacks.sharing_callback import SharingCallback

__all__ = ["GapMonitor", "SharingCallback"]
