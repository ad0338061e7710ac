"""Settings of the process that training is several times slower without, and its memory between trainings."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# From glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK, LARGEST_REST = 32 << 20, 1 << 30


def configure_torch() -> None:
    """To be called before training; calling it again changes nothing.

    Decayed weights become denormal numbers, which processors handle one at a time: they count as zero. And glibc
    gives a step's freed tensors back to the system, which has to clear the pages anew for the next step: it keeps
    them (other C libraries are left as they are).
    """
    torch.set_flush_denormal(True)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, LARGEST_REST)


@contextmanager
def release_memory() -> Iterator[None]:
    """Frees at its end what was made meanwhile and left in reference cycles, as Lightning leaves a fleet's weights.

    What is older is not looked through, which would take longer than timing a small fleet does.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
