"""The model that `sharegap choose` has left, for anyone's program."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sharegap.execute.saved_model import SavedModel


def load(folder: str | Path, targets: Iterable[str] = ()) -> "SavedModel":
    """Load the model that `sharegap choose` has left in a folder.

    Nothing in the folder is executed: the weights are plain tensors, and the config may name classes of sharegap, of
    packages that extend it, and of `targets`.

    Args:
        folder: the output folder of the command.
        targets: classes and functions of your own that the model consists of, e.g. "my_package.Network".

    Raises:
        UserError: for a folder without a model, or one that is damaged.

    Example:
        >>> load("nowhere")
        Traceback (most recent call last):
            ...
        sharegap.errors.UserError: nowhere must be a folder with a model that `sharegap choose` has left, got none
    """
    # Here, because the base package lacks what reads data.
    from sharegap.execute.saved_model import read_model

    return read_model(folder, targets)
