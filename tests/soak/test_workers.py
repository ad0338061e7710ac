"""Workers that are killed at every stage: the table stays that of one process."""

import resource
import time

import pytest
import torch
from polars.testing import assert_frame_equal

from sharegap.execute.status import read_statuses
from sharegap.execute.worker import work_folder
from sharegap.results import Store
from tests.execute.executors.test_processes import SUITE, table
from tests.started import LIMIT, children, kill, started, wait_for, wait_for_end

EVALUATIONS, INTERVAL = 5, 60
"""Of a fleet in SUITE, and the steps between two of them."""
WRITTEN = (1, 2, 4, 6, 9, 12, 16, 20, 25, 30)
"""After how many files a command is killed: from its first to those of its last fleet."""

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The table as one process makes it."""
    out = tmp_path_factory.mktemp("whole")
    with started([*SUITE, f"out={out}", "executor=inline"], out / "log") as process:
        assert process.wait(LIMIT) == 0, (out / "log").read_text()
    return table(out)


def start(folder, *, workers=2):
    return started([*SUITE, f"out={folder / 'out'}", f"executor.workers={workers}"], folder / "log")


def finish(folder, *, workers=2):
    """The table when the same command has ended."""
    with start(folder, workers=workers) as process:
        assert process.wait(LIMIT) == 0, (folder / "log").read_text()
    return table(folder / "out")


@pytest.mark.parametrize("workers", [2, 4])
def test_any_number_makes_the_same_table(tmp_path, whole, workers):
    assert_frame_equal(finish(tmp_path, workers=workers), whole)


def test_worker_killed_between_evaluations(tmp_path, whole):
    """All of one fleet, in one command."""
    out = tmp_path / "out"

    def trainer_of(fleet, step):
        """The worker that trains a fleet whose checkpoint has come to a step, or beyond."""
        path = Store(out).checkpoint(fleet)
        if not path.exists() or torch.load(path, weights_only=True)["global_step"] < step:
            return None
        return next((status for status in read_statuses(work_folder(out)) if status.fleet == fleet), None)

    with start(tmp_path) as process:
        fleet = wait_for(lambda: [path.stem for path in (out / "checkpoints").glob("*.ckpt")], process)[0]
        for evaluation in range(1, EVALUATIONS):
            kill(wait_for(lambda step=evaluation * INTERVAL: trainer_of(fleet, step), process))
        assert process.wait(LIMIT) == 0, (tmp_path / "log").read_text()
    said = (tmp_path / "log").read_text()
    assert said.count("was killed by SIGKILL: a new one takes its place") == EVALUATIONS - 1
    assert "Traceback" not in said
    assert_frame_equal(table(out), whole)


def test_driver_killed_at_ten_moments(tmp_path, whole):
    """Each command goes on from where the last one was killed.

    A worker that has only half begun by then may print a traceback of Python's: its starter is gone.
    """
    out = tmp_path / "out"
    for count in WRITTEN:
        before, written = set(), set()

        def files():
            paths = [path for path in out.rglob("*") if path.suffix != ".log"]
            return {(path, path.stat().st_mtime_ns) for path in paths if path.exists()}

        before = files()
        with start(tmp_path) as process:
            while len(written) < count and process.poll() is None:
                written |= files() - before
                time.sleep(0.01)
            workers = children(process) if process.poll() is None else []
            process.kill()
            wait_for_end(workers, 30)
    assert_frame_equal(finish(tmp_path), whole)


def test_full_disk_in_a_worker(tmp_path, whole):
    """Files that are too large stand for it: checkpoints are."""
    with start(tmp_path) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        assert process.wait(LIMIT) == 2
    said = (tmp_path / "log").read_text()
    assert said.splitlines()[-1].startswith(f"sharegap: File too large: {tmp_path}/out/")
    assert "Traceback" not in said
    assert_frame_equal(finish(tmp_path), whole)
