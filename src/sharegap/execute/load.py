"""A model that a command has left, for anyone's program."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sharegap.execute.saved_model import SavedModel


def load(folder: str | Path, targets: Iterable[str] = ()) -> "SavedModel":
    """Load the model that a command has left in a folder.

    `sharegap choose` leaves one. With `keep=weights`, `run`, `bench` and `choose` leave one of every run.

    Nothing in the folder is executed: the weights are plain tensors, and the config may name classes of sharegap, of
    packages that extend it, and of `targets`.

    Args:
        folder: the `out` of `sharegap choose`, or with `keep=weights` the folder `models/<run>` in `out`.
        targets: classes and functions of your own that the model consists of, e.g. "my_package.Network".

    Raises:
        UserError: for a folder without a model, or one that is damaged.

    Example:
        >>> load("empty")
        Traceback (most recent call last):
            ...
        sharegap.errors.UserError: empty must be a folder with a model of `sharegap choose` or `keep=weights`, got none
    """
    # Here, because the base package lacks what reads data.
    from sharegap.execute.saved_model import read_model

    return read_model(folder, targets)
