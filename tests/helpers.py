"""Runs for tests, small enough to train in a second."""

from pathlib import Path

from sharegap.plan.run import Run
from sharegap.testing import runs

ROOT = Path(__file__).parents[1]
SMALL = runs.SHORT


def make_run(*overrides: str) -> Run:
    """A run of 50 steps on 300 samples of MNIST-1D, changed by Hydra overrides."""
    return runs.make_run(*SMALL, *overrides)
