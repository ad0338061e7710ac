"""Runs for tests, small enough to train in a second."""

from functools import cache

from hydra import compose, initialize_config_dir

from sharegap.plan.configs import CONF
from sharegap.plan.run import Run

SMALL = ["training.steps=50", "training.evaluations=5", "dataset.n_train=300", "dataset.n_validation=100"]


@cache
def make_run(*overrides: str) -> Run:
    """A run of 50 steps on 300 samples of MNIST-1D, changed by Hydra overrides."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return Run.of(compose("config", [*SMALL, *overrides]))
