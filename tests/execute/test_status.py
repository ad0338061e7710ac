"""What workers note for whoever wants to see it."""

import json
import os
import subprocess
import time
from dataclasses import asdict, replace

import pytest

from sharegap.execute.status import INTERVAL, SILENCE, StatusFile, read_statuses


@pytest.fixture
def status(tmp_path):
    """The notes of a worker that trains 100 steps."""
    file = StatusFile(tmp_path, "worker-1")
    file.begin("a", "none, 3 runs", 100)
    return file


def rewrite(file, **changes):
    """As another process would have written them."""
    file.path.write_text(json.dumps(asdict(replace(file.status, **changes))))


def test_notes_tell_what_a_worker_does(tmp_path, status):
    [read] = read_statuses(tmp_path)
    assert (read.worker, read.pid, read.fleet, read.title) == ("worker-1", os.getpid(), "a", "none, 3 runs")
    assert read.share == 0
    status.status = replace(status.status, written=time.time() - 2 * INTERVAL)
    status.advance(50)
    assert read_statuses(tmp_path)[0].share == 0.5
    status.wait()
    assert (read_statuses(tmp_path)[0].title, read_statuses(tmp_path)[0].share) == ("", 0)
    status.remove()
    assert read_statuses(tmp_path) == []


def test_notes_are_not_written_each_step(tmp_path, status):
    """Which a disk that is shared would feel; no step is lost by that."""
    written = status.path.stat().st_mtime_ns
    for _ in range(10):
        status.advance(1)
    assert status.path.stat().st_mtime_ns == written
    assert status.status.done == 10


def test_notes_of_the_dead_are_left_out(tmp_path, status):
    process = subprocess.Popen(["true"])
    process.wait()
    rewrite(status, pid=process.pid)
    assert read_statuses(tmp_path) == []


@pytest.mark.parametrize(("seconds", "is_alive"), [(0, True), (SILENCE + 1, False)])
def test_a_silent_host_is_gone(tmp_path, status, seconds, is_alive):
    """Its processes cannot be asked."""
    rewrite(status, host="another", pid=2**22 + 1, written=time.time() - seconds)
    assert bool(read_statuses(tmp_path)) == is_alive


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"worker": "a"}'])
def test_damaged_notes_are_left_out(tmp_path, status, content):
    status.path.write_text(content)
    assert read_statuses(tmp_path) == []


def test_no_folder_is_no_worker(tmp_path):
    assert read_statuses(tmp_path / "nowhere") == []
