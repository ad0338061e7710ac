"""Fleets for tests, trained in a second."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sharegap.runs.build import build_fleet
from sharegap.runs.run import Run
from sharegap.training.fleet import Fleet
from sharegap.training.train import train

Trained = tuple[Fleet, list[dict[str, Any]]]


def pytest_configure(config: pytest.Config) -> None:
    """One thread for each of the processes that pytest-xdist starts: more would wait for each other."""
    if hasattr(config, "workerinput"):
        torch.set_num_threads(1)


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Trained]:
    """Trains runs as one fleet and returns it with its rows."""

    def train_fleet(*runs: Run) -> Trained:
        fleet, rows = build_fleet(runs), []
        options = {"accelerator": "cpu", "precision": runs[0].config["precision"]}
        train(fleet, options, tmp_path / "fleet.ckpt", rows.extend)
        (tmp_path / "fleet.ckpt").unlink()
        return fleet, rows

    return train_fleet


@pytest.fixture
def shared_data() -> Path:
    """The folder with copies of published data, where there is one."""
    folder = os.environ.get("SHAREGAP_DATA")
    if not folder:
        pytest.skip("SHAREGAP_DATA names no folder with the published data")
    return Path(folder)
