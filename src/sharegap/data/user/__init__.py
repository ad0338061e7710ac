"""Users' own files as data sets, checked and described."""

from sharegap.data.user.arrays import arrays
from sharegap.data.user.images import images
from sharegap.data.user.table import table

__all__ = ["arrays", "images", "table"]
