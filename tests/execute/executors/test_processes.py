"""Workers as processes: the same table as of one, whoever of them is killed."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import polars as pl
import pytest
import torch
from omegaconf import OmegaConf
from polars.testing import assert_frame_equal

from sharegap.execute.executors.processes import Processes
from sharegap.execute.status import read_statuses
from sharegap.execute.worker import Job, work_folder
from sharegap.plan.workload import RunList
from sharegap.results import Store
from sharegap.signals import Terminated
from tests.helpers import make_run
from tests.started import LIMIT, busy, children, kill, started, wait_for, wait_for_end

SUITE = [
    "bench",
    "suite=smoke",
    "~suite.studies.digits",
    "suite.seeds=1",
    "suite.methods=[none,hard]",
    "suite.anchors=false",
    "suite.overrides=[training.steps=300,training.evaluations=5,dataset.n_train=200,dataset.n_validation=100]",
    "trainer.precision=64-true",
    "logger=none",
]
INTERRUPTED = "sharegap: interrupted: finished runs are stored, and the same command resumes\n"


def table(out):
    """What a suite leaves, without how long it took: each run once, and nothing of its workers."""
    parts = pl.concat([pl.read_parquet(path) for path in (out / "results").iterdir()])
    assert parts["run"].is_unique().all()
    assert not list((out / "checkpoints").iterdir())
    assert not list((out / "work").glob("*.status.json"))
    return Store(out).runs().sort("run").drop("train_seconds")


@pytest.fixture
def inline(command, tmp_path):
    """`inline(name)`: the table when the suite ends in a folder of this name, in this process alone."""

    def finish(name):
        assert command(*SUITE, f"out={tmp_path / name}", "executor=inline").code == 0
        return table(tmp_path / name)

    return finish


@pytest.fixture
def workers(tmp_path):
    """The suite's command with two workers, started."""
    with started([*SUITE, f"out={tmp_path / 'out'}", "executor.workers=2"], tmp_path / "log") as process:
        yield process


def said(folder):
    text = (folder / "log").read_text()
    assert "Traceback" not in text
    return text


def test_workers_make_the_same_table(tmp_path, workers, inline):
    assert workers.wait(LIMIT) == 0, said(tmp_path)
    assert "2 fleets, 2 runs to train by 2 workers" in said(tmp_path)
    assert_frame_equal(table(tmp_path / "out"), inline("whole"))


def test_killed_worker_is_replaced(tmp_path, workers, inline):
    """Another goes on from its last checkpoint."""
    out = tmp_path / "out"
    killed = wait_for(lambda: busy(out), workers)[0]
    kill(killed)

    def others():
        statuses = read_statuses(work_folder(out))
        return [status for status in statuses if status.fleet == killed.fleet and status.pid != killed.pid]

    assert wait_for(others, workers)[0].steps < killed.steps
    assert workers.wait(LIMIT) == 0, said(tmp_path)
    number = killed.worker.removeprefix("worker-")
    assert said(tmp_path).count(f"worker {number} was killed by SIGKILL: a new one takes its place\n") == 1
    assert_frame_equal(table(out), inline("whole"))


def test_workers_end_with_a_killed_driver(tmp_path, workers, inline):
    """And the same command goes on."""
    out = tmp_path / "out"
    wait_for(lambda: busy(out), workers)
    processes = children(workers)
    workers.kill()
    wait_for_end(processes, 10)
    assert len(processes) >= 2
    assert_frame_equal(inline("out"), inline("whole"))
    said(tmp_path)


def test_workers_that_are_asked_end(tmp_path, workers, inline):
    """Within seconds, each with a checkpoint of where it was."""
    out = tmp_path / "out"
    statuses, processes = wait_for(lambda: busy(out), workers), children(workers)
    workers.terminate()
    assert workers.wait(15) == 128 + signal.SIGTERM
    wait_for_end(processes, 1)
    assert said(tmp_path).endswith(INTERRUPTED)
    for status in statuses:
        checkpoint = torch.load(Store(out).checkpoint(status.fleet), weights_only=True)
        assert checkpoint["global_step"] >= max(status.done, 1)
    assert_frame_equal(inline("out"), inline("whole"))


def test_ctrl_c_while_workers_start(tmp_path, capfd):
    """A terminal sends it to all of them: those that are still loading torch end without a word."""
    trainer = OmegaConf.create({"accelerator": "cpu", "devices": 1})

    def interrupt():
        for worker in multiprocessing.active_children():
            while "libtorch" not in Path(f"/proc/{worker.pid}/maps").read_text():
                time.sleep(0.01)
            os.kill(worker.pid, signal.SIGINT)
        raise Terminated(signal.SIGINT)

    with pytest.raises(Terminated):
        Processes(workers=2).run(Job(RunList([make_run()]), tmp_path, trainer, workers=2), interrupt, print)
    assert capfd.readouterr() == ("", "")
