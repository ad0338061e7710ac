"""How large data may be that a small file claims to hold."""

from sharegap.errors import UserError

MOST_EXPANSION = 200
"""Times its size on disk: ordinary compressed data seldom exceed 50."""
ALWAYS_FINE = 64 * 2**20
"""Bytes: so much is read whatever the file's size."""


def check_expansion(what: str, claimed: int, stored: int) -> None:
    """Raises UserError where `what` claims to hold `claimed` bytes and takes `stored` on disk, which is too little."""
    if claimed > max(ALWAYS_FINE, MOST_EXPANSION * stored):
        raise UserError(
            f"{what} claims to hold {claimed:,} bytes and takes {stored:,} on disk, which ordinary data do not: "
            "store it uncompressed if that is right"
        )
