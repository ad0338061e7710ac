"""Where the channels of a user's arrays are."""

import numpy as np

from sharegap.errors import UserError, unknown_name

PLACES = ("first", "last")
USUAL = (1, 3, 4)
"""Channels of grey and coloured images, and of those with an alpha channel."""


def put_channels_first(x: np.ndarray, source: str, is_pairs: bool, channels: str | None) -> np.ndarray:
    """Return samples (samples, ...) with their channels before their size.

    Args:
        x: numbers of any shape; others than sequences and images are left as they are.
        source: the file, for messages.
        is_pairs: whether a sample is two items.
        channels: where they are, one of PLACES; None if that can be told from the shape.

    Raises:
        UserError: if the shape looks like another order and nothing says that it is none.
    """
    if channels is not None and channels not in PLACES:
        raise unknown_name("dataset.load.channels", channels, PLACES)
    axis = 2 if is_pairs else 1
    shape = x.shape[axis:]
    if channels == "last" and len(shape) > 1:
        return np.moveaxis(x, -1, axis)
    if channels is None and len(shape) in (2, 3):
        size = f"of length {shape[1]}" if len(shape) == 2 else f"of {shape[1]}×{shape[2]}"
        remedy = f"+dataset.load.channels=first if these are {shape[0]} channels {size}"
        if shape[-1] in USUAL and shape[0] > max(USUAL):
            raise UserError(
                f"x of {source} must have its channels before its size, got {x.shape}, which looks like channels last: "
                f"set +dataset.load.channels=last, or {remedy}"
            )
        looks_like_image = shape[0] == shape[1] or x.dtype == np.uint8
        if len(shape) == 2 and looks_like_image and min(shape) > max(USUAL):
            raise UserError(
                f"x of {source} must have an axis of channels, got {x.shape}, which looks like images without one: "
                f"give x[{':, ' * axis}None], or set {remedy}"
            )
    return x
