"""Sharing strategies, and the layers that have copies. Plain PyTorch."""

from sharegap.sharing.between import penalty_between
from sharegap.sharing.local import LocallyConnected, locally_connected
from sharegap.sharing.strategies import Hard, Independent, Soft
from sharegap.sharing.strategy import SharingFactory, SharingStrategy

__all__ = [
    "Hard",
    "Independent",
    "LocallyConnected",
    "SharingFactory",
    "SharingStrategy",
    "Soft",
    "locally_connected",
    "penalty_between",
]
