"""Sharing strategies, and the layers that have copies. Plain PyTorch."""

from sharegap.sharing.cross_stitch import CrossStitch
from sharegap.sharing.grouped import Grouped
from sharegap.sharing.hard import Hard
from sharegap.sharing.hard_first import hard_first
from sharegap.sharing.hard_permuted import HardPermuted
from sharegap.sharing.hashed import Hashed
from sharegap.sharing.independent import Independent
from sharegap.sharing.layers.as_locally_connected import as_locally_connected
from sharegap.sharing.layers.conv import SharedConv
from sharegap.sharing.layers.gru import SharedGRU
from sharegap.sharing.layers.linear import SharedLinear
from sharegap.sharing.layers.locally_connected import LocallyConnected, locally_connected
from sharegap.sharing.layers.locally_connected_nd import LocallyConnected1d, LocallyConnected2d, LocallyConnected3d
from sharegap.sharing.layers.tied_linear import TiedLinear
from sharegap.sharing.low_rank import LowRank
from sharegap.sharing.mixture import Mixture
from sharegap.sharing.own_biases import own_biases
from sharegap.sharing.penalty_between import penalty_between
from sharegap.sharing.share import share
from sharegap.sharing.shared_sites import SharedSites
from sharegap.sharing.site import Site
from sharegap.sharing.soft import Soft, SoftDeviation
from sharegap.sharing.soft_penalty import SoftPenalty
from sharegap.sharing.soft_proximal import SoftProximal
from sharegap.sharing.strategy import SharingFactory, SharingStrategy, init_copies
from sharegap.sharing.templates import Templates
from sharegap.sharing.tie import tie
from sharegap.sharing.trace_norm import TraceNorm
from sharegap.sharing.untie import untie

__all__ = [
    "CrossStitch",
    "Grouped",
    "Hard",
    "HardPermuted",
    "Hashed",
    "Independent",
    "LocallyConnected",
    "LocallyConnected1d",
    "LocallyConnected2d",
    "LocallyConnected3d",
    "LowRank",
    "Mixture",
    "SharedConv",
    "SharedGRU",
    "SharedLinear",
    "SharedSites",
    "SharingFactory",
    "SharingStrategy",
    "Site",
    "Soft",
    "SoftDeviation",
    "SoftPenalty",
    "SoftProximal",
    "Templates",
    "TiedLinear",
    "TraceNorm",
    "as_locally_connected",
    "hard_first",
    "init_copies",
    "locally_connected",
    "own_biases",
    "penalty_between",
    "share",
    "tie",
    "untie",
]
