"""Runs for tests, small enough to train in a second."""

from sharegap.plan.run import Run
from sharegap.testing import runs

SMALL = runs.SHORT


def make_run(*overrides: str) -> Run:
    """A run of 50 steps on 300 samples of MNIST-1D, changed by Hydra overrides."""
    return runs.make_run(*SMALL, *overrides)
