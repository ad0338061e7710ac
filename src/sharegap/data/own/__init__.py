"""Users' own data: from a file to a `Dataset`, checked and explained."""

from sharegap.data.own.arrays import arrays
from sharegap.data.own.content import by_content
from sharegap.data.own.images import images
from sharegap.data.own.table import table

__all__ = ["arrays", "by_content", "images", "table"]
