"""Send what is stored to W&B, without training: `sharegap wandb out=outputs suite=default project=sharing`."""

from collections.abc import Sequence

from sharegap.commands import track
from sharegap.commands.arguments import parse_plain

OPTIONS = ("project", "entity", "mode", "runs")
"""Options of the logger, which need no prefix here."""


def start(arguments: Sequence[str]) -> None:
    """Do what `sharegap track logger=wandb` does."""
    words = []
    for word in parse_plain(arguments, ("out", "suite", *OPTIONS)).overrides:
        words.append(f"logger.{word}" if word.partition("=")[0] in OPTIONS else word)
    track.start(["logger=wandb", *words])
