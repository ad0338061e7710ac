"""The format of MNIST's files (LeCun, Cortes & Burges 1998, yann.lecun.com/exdb/mnist)."""

import math
import struct
from pathlib import Path

import numpy as np

from sharegap.data.formats.guard import check, open_gzip

UNSIGNED_BYTES = 0x08


def read_idx(path: Path, *sample_shape: int) -> np.ndarray:
    """Read a gzipped IDX file of samples of one shape, (samples, *sample_shape) in uint8.

    Raises:
        UserError: if the file has another format or shape, ends early, or continues after its last sample.
    """
    dims = 1 + len(sample_shape)
    with open_gzip(path) as file:
        header = file.read(4 + 4 * dims)
        check(len(header) == 4 + 4 * dims, "it ends within its header")
        zero, dtype, actual_dims, num_samples, *actual_shape = struct.unpack(f">HBB{dims}I", header)
        is_idx = (zero, dtype, actual_dims) == (0, UNSIGNED_BYTES, dims)
        check(is_idx, f"it is no IDX file of bytes in {dims} dimensions")
        check(tuple(actual_shape) == sample_shape, f"its samples are {tuple(actual_shape)}, not {sample_shape}")
        check(num_samples > 0, "it has no samples")
        size = num_samples * math.prod(sample_shape)
        content = file.read(size)
        check(len(content) == size, f"it ends before its {num_samples} samples do")
        check(not file.read(1), f"it continues after its {num_samples} samples")
    return np.frombuffer(content, np.uint8).reshape(num_samples, *sample_shape)
