"""Sharing strategies, and the layers that have copies. Plain PyTorch."""

from sharegap.sharing.between import penalty_between
from sharegap.sharing.conversion import as_locally_connected
from sharegap.sharing.convolution import CopiedConvolution
from sharegap.sharing.cross_stitch import CrossStitch
from sharegap.sharing.hard import Hard, hard_first
from sharegap.sharing.hashed import Hashed
from sharegap.sharing.independent import Independent
from sharegap.sharing.linear import CopiedLinear
from sharegap.sharing.local import LocallyConnected, locally_connected
from sharegap.sharing.mixture import Mixture
from sharegap.sharing.recurrence import RecurrentCopies
from sharegap.sharing.site import Site
from sharegap.sharing.soft import Soft
from sharegap.sharing.strategy import SharingFactory, SharingStrategy
from sharegap.sharing.templates import Templates
from sharegap.sharing.tied import TiedLinear
from sharegap.sharing.trace_norm import TraceNorm

__all__ = [
    "CopiedConvolution",
    "CopiedLinear",
    "CrossStitch",
    "Hard",
    "Hashed",
    "Independent",
    "LocallyConnected",
    "Mixture",
    "RecurrentCopies",
    "SharingFactory",
    "SharingStrategy",
    "Site",
    "Soft",
    "Templates",
    "TiedLinear",
    "TraceNorm",
    "as_locally_connected",
    "hard_first",
    "locally_connected",
    "penalty_between",
]
