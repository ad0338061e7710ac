"""Writing checkpoints."""

from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from sharegap.atomic import write_atomic


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside where it belongs.

    Lightning's own goes through the system's temporary folder. On another disk it is then copied, of which a process
    that is killed leaves a part.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write `checkpoint` to `path`, whole or not at all."""
        content = BytesIO()
        torch.save(checkpoint, content)
        write_atomic(Path(path), content.getvalue())
