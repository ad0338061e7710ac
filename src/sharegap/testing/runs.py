"""Runs to check with, composed from the configs as the command line composes them."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from omegaconf import DictConfig

from sharegap.plan import config_folders, configs
from sharegap.plan.run import Run

TINY = (
    "training.steps=4",
    "training.warmup_steps=null",
    "training.evaluations=2",
    "training.batch_size=20",
    "dataset.n_train=120",
    "dataset.n_validation=60",
    "trainer.precision=64-true",
)
"""A training that shows whether two ways to train agree; in double precision, because rounding grows."""
SHORT = (
    "training.steps=50",
    "training.warmup_steps=null",
    "training.evaluations=5",
    "dataset.n_train=300",
    "dataset.n_validation=100",
)
"""A training whose loss falls."""


@cache
def compose_options(*overrides: str, config_dir: str | None = None) -> DictConfig:
    """Compose the config of one run from Hydra overrides.

    Args:
        overrides: as on the command line.
        config_dir: a folder with more choices.
    """
    return configs.compose_config(overrides, config_dir=config_dir)


@cache
def make_run(*overrides: str, config_dir: str | None = None) -> Run:
    """Make the run that Hydra overrides describe; as `compose_options`."""
    return Run.of(compose_options(*overrides, config_dir=config_dir))


def choices(group: str, config_dir: str | None = None) -> list[str]:
    """List the names that can be taken as they are in a config group, those of the folder `config_dir` included."""
    with config_folders.named_folders([config_dir] if config_dir else []):
        return [name for name, choice in configs.choices(group).items() if choice.is_complete]


def from_weak_to_strong(off: float, grid: Sequence[float]) -> bool:
    """Return whether a grid goes steadily away from the strength that does nothing.

    Example:
        >>> from_weak_to_strong(0, [0.1, 1]), from_weak_to_strong(float("inf"), [8, 4]), from_weak_to_strong(0, [1, 1])
        (True, True, False)
    """
    strengths = [off, *grid]
    rising = all(weak < strong for weak, strong in pairwise(strengths))
    falling = all(weak > strong for weak, strong in pairwise(strengths))
    return rising or falling
