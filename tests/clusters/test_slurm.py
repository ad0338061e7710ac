"""Training by the tasks of a real Slurm cluster ends with the table of one process, whatever becomes of the tasks."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from polars import selectors as cs
from polars.testing import assert_frame_equal

from sharegap.results import Store

START = Path(__file__).with_name("start-slurm.sh")
SHORT = ["training.steps=600", "training.evaluations=6", "dataset.n_train=200", "dataset.n_validation=50"]
SUITE = ["suite=smoke", "suite.methods=[none,hard]", "suite.anchors=false", f"suite.overrides={SHORT}", "logger=none"]
SLURM = ["executor=slurm", "executor.workers=2"]
LIMIT = 240
"""Seconds after which something hangs."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session", autouse=True)
def cluster(tmp_path_factory):
    """A Slurm cluster that answers: the one of this machine, or one that is started for the tests."""
    if shutil.which("sbatch") is None:
        pytest.skip("Slurm is not installed: there is no sbatch")
    if subprocess.run(["sinfo"], capture_output=True).returncode == 0:
        yield
        return
    if os.getuid() or shutil.which("slurmctld") is None:
        pytest.skip("no Slurm cluster answers, and to start one takes root and slurmctld")
    folder = tmp_path_factory.mktemp("slurm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        subprocess.run([START, folder], check=True)
        yield
        subprocess.run([START, folder, "stop"], check=True)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The table of one process."""
    folder = tmp_path_factory.mktemp("whole")
    subprocess.run(bench(folder, "executor=inline"), check=True, capture_output=True)
    return table(folder)


def bench(folder, *options):
    return [sys.executable, "-m", "sharegap", "bench", *SUITE, f"out={folder}", *options]


def table(folder):
    return Store(folder).runs().sort("run").select(~cs.contains("seconds"))


def begin(folder):
    """Start a command that submits tasks, and wait until one of them trains."""
    process = subprocess.Popen(bench(folder, *SLURM), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + LIMIT
    while not list(folder.glob("checkpoints/*.ckpt")):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.1)
    return process


def tasks():
    return subprocess.run(
        ["squeue", "--me", "--array", "-h", "-o", "%i"], capture_output=True, text=True
    ).stdout.split()


def assert_equal(folder, whole):
    """Equal, and no run was stored twice."""
    runs = table(folder)
    assert runs["run"].is_unique().all()
    assert_frame_equal(runs, whole, rel_tol=1e-5, abs_tol=1e-6)
    assert not list(folder.glob("checkpoints/*"))


def test_requeued_task_goes_on(tmp_path, whole):
    """A warned task is queued again, and its fleet goes on from its checkpoint."""
    process = begin(tmp_path)
    first = tasks()[0]
    subprocess.run(["scancel", "--signal=USR1", first], check=True)
    assert process.wait(LIMIT) == 0
    log = (tmp_path / "work" / f"slurm-{first}.log").read_text()
    assert "Exited with exit code 138" in log
    assert_equal(tmp_path, whole)


def test_killed_command_finds_its_tasks(tmp_path, whole):
    process = begin(tmp_path)
    before = tasks()
    process.send_signal(signal.SIGKILL)
    process.wait(LIMIT)
    again = subprocess.run(bench(tmp_path, *SLURM), capture_output=True, text=True, timeout=LIMIT)
    assert again.returncode == 0
    assert set(tasks()) <= set(before)
    assert_equal(tmp_path, whole)


def test_tasks_of_srun_help_the_first(tmp_path, whole):
    words = bench(tmp_path, "executor=inline")
    done = subprocess.run(["srun", "--ntasks=2", *words], capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0
    assert done.stdout.count("runs in all") == 1
    assert "Traceback" not in done.stderr
    assert_equal(tmp_path, whole)
