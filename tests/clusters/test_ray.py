"""Suites on a Ray cluster of two nodes, both on this machine, of which parts are killed."""

import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from polars.testing import assert_frame_equal

from sharegap.execute.status import read_statuses
from tests.execute.test_driver import stored

pytest.importorskip("ray", reason="Ray is not installed: pip install 'sharegap[ray]'")

# Else Ray takes the machine's outer address for its own.
ENVIRONMENT = {**os.environ, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
ENVIRONMENT |= {"RAY_AUTH_MODE": "disabled", "OMP_NUM_THREADS": "1"}
SUITE = ["suite=smoke", "suite.seeds=1", "suite.methods=[none,hard]", "suite.anchors=false", "logger=none"]
SHORT = ["suite.overrides=['training.steps=20','training.evaluations=2']"]
LONG = ["suite.overrides=['training.steps=600','training.evaluations=40']"]
SECONDS = 200.0


def bench(*options, **kwargs):
    """The command in a process of its own."""
    words = [sys.executable, "-m", "sharegap", "bench", *SUITE, *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(words, env=ENVIRONMENT | {"COLUMNS": "200"}, start_new_session=True, **pipes, **kwargs)


def finish(process):
    """What it prints until it ends."""
    try:
        return process.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(process.communicate()[0])


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """What one process stores, by the options of the suite."""
    tables = {}
    for options in (SHORT, LONG):
        folder = tmp_path_factory.mktemp("inline")
        finish(bench(*options, "executor=inline", f"out={folder}"))
        tables[options[0]] = stored(folder)
    return tables


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with one core each."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        options = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "node_ip_address": "127.0.0.1"}
        cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
        node = cluster.add_node(**options)
        yield SimpleNamespace(cluster=cluster, node=node, ray=["executor=ray", f"executor.address={cluster.address}"])
        cluster.shutdown()


def wait_for_workers(folder, number):
    """The notes of so many workers that are in the middle of a fleet with a checkpoint."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        busy = [status for status in read_statuses(folder / "work") if status.share > 0.05]
        if len(busy) == number and len(list((folder / "checkpoints").glob("*.ckpt"))) == number:
            return busy
        time.sleep(0.1)
    pytest.fail(f"{number} workers do not begin")


def test_two_nodes_store_the_same_table(cluster, tables, tmp_path):
    """Also where the output folder is relative, as users write it."""
    process = bench(*SHORT, *cluster.ray, "executor.workers=2", "out=results", cwd=tmp_path)
    said = finish(process)
    assert process.returncode == 0, said
    assert_frame_equal(stored(tmp_path / "results"), tables[SHORT[0]])


def test_modules_of_the_user_are_seen(cluster, tmp_path):
    """Those that lie in the folder that the command is started in."""
    (tmp_path / "mine.py").write_text("from sharegap.models import LocalNet\n\n\nclass Mine(LocalNet):\n    pass\n")
    options = ["~suite.studies.digits", "suite.overrides=['model.network._target_=mine.Mine','training.steps=20']"]
    process = bench(*options, *cluster.ray, "executor.workers=2", "out=results", cwd=tmp_path)
    said = finish(process)
    assert process.returncode == 0, said
    assert all("mine.Mine" in config for config in stored(tmp_path / "results")["config"])


def test_killed_actor_is_replaced(cluster, tables, tmp_path):
    process = bench(*LONG, *cluster.ray, "executor.workers=2", f"out={tmp_path}")
    os.kill(wait_for_workers(tmp_path, 2)[0].pid, signal.SIGKILL)
    said = finish(process)
    assert process.returncode == 0, said
    assert (
        len(re.findall("worker . was lost because its worker process has died: a new one takes its place", said)) == 1
    )
    assert_frame_equal(stored(tmp_path), tables[LONG[0]])


def test_command_ends_with_checkpoints(cluster, tables, tmp_path):
    """Ctrl-C ends it and its actors; the same command goes on from there."""
    process = bench(*LONG, *cluster.ray, "executor.workers=2", f"out={tmp_path}")
    busy = wait_for_workers(tmp_path, 2)
    process.send_signal(signal.SIGINT)
    said = finish(process)
    assert process.returncode == 130, said
    assert "the same command resumes" in said
    assert "Traceback" not in said
    assert not read_statuses(tmp_path / "work")
    process = bench(*LONG, *cluster.ray, "executor.workers=2", f"out={tmp_path}")
    assert {status.pid for status in wait_for_workers(tmp_path, 2)}.isdisjoint(status.pid for status in busy)
    finish(process)
    assert_frame_equal(stored(tmp_path), tables[LONG[0]])


def test_missing_room_is_said(cluster, tmp_path):
    options = ["executor.workers=2", "executor.num_cpus=8", f"out={tmp_path}"]
    with bench(*SHORT, *cluster.ray, *options) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if "2 of 2 workers find no room in Ray: each takes 8 of the cores, of which 2 are free" in line:
                process.send_signal(signal.SIGINT)
    assert process.returncode == 130, said


def test_lost_node_is_survived(cluster, tables, tmp_path):
    """As a machine that loses power: the last test, as the node does not come back."""
    process = bench(*LONG, *cluster.ray, "executor.workers=2", f"out={tmp_path}")
    wait_for_workers(tmp_path, 2)
    cluster.cluster.remove_node(cluster.node, allow_graceful=False)
    said = finish(process)
    assert process.returncode == 0, said
    assert_frame_equal(stored(tmp_path), tables[LONG[0]])
