"""How far an interrupted fleet has come, by its checkpoint."""

import warnings
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError

import torch

from sharegap.plan.run import Run
from sharegap.results.stored_file import set_aside

DAMAGE = (
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    UnpicklingError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged checkpoint raises."""


def steps_left(fleet: Sequence[Run], checkpoint: Path, *, is_writer: bool = True) -> int:
    """Return the steps that a fleet has still to do.

    Args:
        fleet: its runs.
        checkpoint: where it is kept, if it was begun.
        is_writer: whether the caller trains it. A checkpoint that cannot be read is then set aside.
    """
    steps: int = fleet[0].config["training"]["steps"]
    try:
        return steps - _steps_done(checkpoint)
    except FileNotFoundError:
        return steps
    except DAMAGE as error:
        if is_writer:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            outcome = f"{set_aside(checkpoint)}, and its fleet starts again"
            warnings.warn(f"{checkpoint} cannot be read ({reason}): {outcome}", stacklevel=2)
        return steps


def _steps_done(checkpoint: Path) -> int:
    """The steps of the training that a checkpoint is of; one of DAMAGE if it is none, or has changed."""
    stored = BytesIO(checkpoint.read_bytes())
    with zipfile.ZipFile(stored) as archive:
        # Torch does not ask: it would go on with weights of which a bit has changed.
        if archive.testzip():
            raise ValueError("its content has changed")
    stored.seek(0)
    # It may have been written on another device, which is no part of a run.
    content = torch.load(stored, map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or not content.keys() >= {"state_dict", "optimizer_states", "loops"}:
        raise ValueError("it is of no training")
    return int(content["global_step"])
