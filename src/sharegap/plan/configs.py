"""Where the configs are, and the names that they offer."""

from pathlib import Path

CONF = Path(__file__).parents[3] / "conf"


def choices(group: str) -> list[str]:
    """List the names that an option of this group of conf/ may take."""
    return [path.stem for path in (CONF / group).glob("*.yaml")]
