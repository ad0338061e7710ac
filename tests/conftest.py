"""Fleets for tests, trained in a second."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sharegap.data import download
from sharegap.data.registry import SOURCES, Source
from sharegap.data.sets import omniglot_files
from sharegap.execute import build
from sharegap.execute.build import build_fleet
from sharegap.plan.run import Run
from sharegap.training.fit import fit
from sharegap.training.fleet import Fleet
from tests.command_line import command
from tests.data import published
from tests.installed import base_environment, bench_environment, environment, wheel
from tests.made_up_suite import diverge, make_suite, write
from tests.rows import widened

__all__ = [
    "base_environment",
    "bench_environment",
    "command",
    "diverge",
    "environment",
    "make_suite",
    "wheel",
    "write",
]

collect_ignore = ["outside_package"]  # which has tests of its own

Trained = tuple[Fleet, list[dict[str, Any]]]


def pytest_configure(config: pytest.Config) -> None:
    """One thread for each of the processes that pytest-xdist starts: more would wait for each other."""
    if hasattr(config, "workerinput"):
        torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first: begun last, they would keep one process at work while the other waits."""
    items.sort(key=lambda item: item.path.name != "test_science.py")


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., Trained]:
    """Trains runs as one fleet and returns it with its rows in wide form."""

    def train_fleet(*runs: Run) -> Trained:
        fleet = build_fleet(runs)
        options = {"accelerator": "cpu", "precision": runs[0].config["precision"]}
        rows = [widened(row) for row in fit(fleet, options, tmp_path / "fleet.ckpt")]
        (tmp_path / "fleet.ckpt").unlink(missing_ok=True)
        return fleet, rows

    return train_fleet


@pytest.fixture(autouse=True)
def all_numbers() -> None:
    """What a training before left set: numbers too small to be normal count as zero, which hypothesis refuses."""
    torch.set_flush_denormal(False)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests write into a cache of their own, also from other processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(download.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of data whose files are not on this machine is skipped."""

    def skip(name: str, path: Path) -> None:
        pytest.skip(f"{name} is not at {path}, and tests download nothing")

    monkeypatch.setattr(download, "_download", skip)


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Source]]:
    """A folder with a small file of each published data set, and what is known of them."""
    folder = tmp_path_factory.mktemp("published")
    return folder, published.write(folder)


@pytest.fixture
def small_data(small_files: tuple[Path, dict[str, Source]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The published data sets are small ones here; the folder that they are in."""
    folder, known = small_files
    monkeypatch.setenv(download.DATA_VARIABLE, str(folder))
    for name, source in known.items():
        monkeypatch.setitem(SOURCES, name, source)
    monkeypatch.setattr(omniglot_files, "BACKGROUND", published.ALPHABETS["background"])
    monkeypatch.setattr(omniglot_files, "EVALUATION", published.ALPHABETS["evaluation"])
    build._load.cache_clear()
    yield folder
    build._load.cache_clear()


@pytest.fixture
def shared_data() -> Path:
    """The folder with copies of published data, where there is one."""
    folder = os.environ.get("SHAREGAP_DATA")
    if not folder:
        pytest.skip("SHAREGAP_DATA names no folder with the published data")
    return Path(folder)
