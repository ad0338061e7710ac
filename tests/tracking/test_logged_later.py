"""What was stored while nobody logged is logged by the next command."""

import pytest

from sharegap.results import Store
from tests.command_line import SMOKE

ONE_RUN = [*SMOKE, "~suite.studies.digits", "suite.methods=[none]", "suite.anchors=false"]
OFFLINE = ["logger=wandb", "logger.mode=offline"]


@pytest.fixture
def logged(tmp_path):
    """`logged()` is by its id how often each stored run was logged."""

    def count():
        folders = [path.name for path in (tmp_path / "out" / "wandb").glob("offline-run-*")]
        runs = Store(tmp_path / "out").runs()["run"]
        return {run: sum(folder.endswith(f"-{run}") for folder in folders) for run in runs}

    return count


def test_stored_suite_is_logged_once(command, logged):
    """By the first command that has a logger, though it trains nothing; a run trained again is logged again."""
    command("bench", *ONE_RUN)
    assert [*logged().values()] == [0]
    for option, times in {"fresh=false": 1, "suite.anchors=false": 1, "fresh=true": 2}.items():
        assert command("bench", *ONE_RUN, *OFFLINE, option).code == 0
        assert [*logged().values()] == [times]


def test_stored_run_is_logged_once(command, logged):
    words = ["run", "dataset=mnist1d", "training.steps=4", "training.evaluations=2"]
    for options, times in (([], 0), (OFFLINE, 1), (OFFLINE, 1)):
        assert command(*words, *options).code == 0
        assert [*logged().values()] == [times]


def test_other_stored_runs_are_not_logged(command, logged):
    """A command logs what it is about."""
    command("run", "dataset=mnist1d", "training.steps=4", "training.evaluations=2", "seed=1")
    command("run", "dataset=mnist1d", "training.steps=4", "training.evaluations=2", "seed=2", *OFFLINE)
    assert sorted(logged().values()) == [0, 1]
