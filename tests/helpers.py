"""Runs for tests, small enough to train in a second."""

from functools import cache
from pathlib import Path

from sharegap.plan.configs import compose_config
from sharegap.plan.run import Run

ROOT = Path(__file__).parents[1]
SMALL = ["training.steps=50", "training.evaluations=5", "dataset.n_train=300", "dataset.n_validation=100"]


@cache
def make_run(*overrides: str) -> Run:
    """A run of 50 steps on 300 samples of MNIST-1D, changed by Hydra overrides."""
    return Run.of(compose_config([*SMALL, *overrides]))
