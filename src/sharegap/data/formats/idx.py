"""The format of MNIST's files (LeCun, Cortes & Burges 1998, yann.lecun.com/exdb/mnist)."""

import math
import struct
from pathlib import Path

import numpy as np

from sharegap.data.formats.guard import inflated, require

UNSIGNED_BYTES = 0x08


def read_idx(path: Path, *size: int) -> np.ndarray:
    """The gzipped IDX file at `path`: samples of this `size`, (samples, *size) in uint8.

    Raises UserError where it is no such file, holds something else, is cut off, or goes on after its end.
    """
    dims = 1 + len(size)
    with inflated(path) as file:
        header = file.read(4 + 4 * dims)
        require(len(header) == 4 + 4 * dims, "it ends within its header")
        zero, kind, found, samples, *found_size = struct.unpack(f">HBB{dims}I", header)
        require((zero, kind, found) == (0, UNSIGNED_BYTES, dims), f"it is no IDX file of bytes in {dims} dimensions")
        require(tuple(found_size) == size, f"its samples are {tuple(found_size)} large, not {size}")
        require(samples > 0, "it holds no samples")
        content = file.read(samples * math.prod(size))
        require(len(content) == samples * math.prod(size), f"it ends before its {samples} samples do")
        require(not file.read(1), f"it goes on after its {samples} samples")
    return np.frombuffer(content, np.uint8).reshape(samples, *size)
