"""Settings of the process that training is several times slower without, and its memory between trainings."""

import ctypes
import gc
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

# From glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
MMAP_THRESHOLD_BYTES, TRIM_THRESHOLD_BYTES = 32 << 20, 1 << 30

QUIET: dict[str, Any] = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
"""Options of a Trainer that prints and writes nothing."""


def configure_process() -> None:
    """Prepare the process for training; calling it again changes nothing.

    Decayed weights become denormal numbers, which processors handle one at a time: they are flushed to zero. And glibc
    returns a step's freed tensors to the system, which must clear the pages anew for the next step: it keeps them.
    Other C libraries are left as they are. Lightning's advice is silenced: it is not for users of sharegap.

    On a GPU a run has the same figures each time, bit for bit, and the precision that is asked for: by default cuDNN
    may add the gradients of a convolution in any order, and rounds its inputs to TensorFloat-32, of 10 bits.
    """
    warnings.filterwarnings("ignore", module="pytorch_lightning|torchmetrics|lightning")
    # A module from `lightning` may have been imported, which then writes the messages of both packages.
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    torch.set_flush_denormal(True)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)
        mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES)


@contextmanager
def release_memory() -> Iterator[None]:
    """Free at its end what was made inside and left in reference cycles, as Lightning leaves a fleet's weights."""
    # Older objects are not searched, which would take longer than timing a small fleet does.
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
