"""Data sets as tensors, and split indices. Plain PyTorch and numpy."""

from sharegap.data.dataset import Dataset, split
from sharegap.data.digits import digits
from sharegap.data.mnist1d import mnist1d

__all__ = ["Dataset", "digits", "mnist1d", "split"]
