"""`sharegap status`: what is done, running and failed, from any terminal."""

import re

import pytest
from omegaconf import OmegaConf

from sharegap.execute.job_file import JobFile
from sharegap.execute.status import StatusFile
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run
from tests.results.conftest import row

RUNS = [make_run(), make_run("sharing=hard"), make_run("sharing=soft", "sharing.strength=0.1")]
TRAINER = OmegaConf.create({"accelerator": "cpu", "devices": 1})


@pytest.fixture
def job(tmp_path):
    """A job of three fleets that take about 50 s each, of which one is stored."""
    structures = [run.structure for run in RUNS]
    job = Job(
        RunList(RUNS),
        tmp_path / "out",
        TRAINER,
        alone=dict.fromkeys(structures),
        rates=dict.fromkeys(structures, 0.2),
    )
    fleet = job.open_queue().open_fleets()[0]
    Store(job.out).append(fleet.name, [row(run.id, config=run.json, train_seconds=50.0) for run in fleet.runs])
    JobFile(job.out).write(job)
    return job


@pytest.fixture
def lines(command, tmp_path):
    """`lines()`: what `sharegap status` prints."""

    def status():
        result = command("status", f"out={tmp_path / 'out'}")
        assert (result.code, result.err) == (0, "")
        return result.out.splitlines()

    return status


def test_nothing_at_work_is_one_sentence(command, tmp_path):
    result = command("status", f"out={tmp_path / 'out'}")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"sharegap: nothing is being trained in {tmp_path}/out: `sharegap leaderboard out={tmp_path}/out` shows what "
        "is stored\n"
    )
    assert not (tmp_path / "out").exists()


def test_what_is_left_is_told(job, lines):
    assert lines() == ["1 of 3 runs stored, 2 fleets left", "nobody is at work: the same command resumes"]


def test_each_worker_is_told(job, lines):
    """With the time that is left for all of them."""
    fleet = job.open_queue().open_fleets()[0]
    for name in ("worker-1", "worker-2"):
        StatusFile(job.folder, name).wait()
    total, *workers = lines()
    assert re.fullmatch(r"1 of 3 runs stored, 2 fleets left: about 50 s \(to about .*\d\d:\d\d\)", total)
    assert workers == ["worker-1: waits", "worker-2: waits"]
    StatusFile(job.folder, "worker-1").begin(fleet.name, fleet.title, steps=50)
    assert lines()[1:] == [f"worker-1: {fleet.title}, 0%", "worker-2: waits"]


def test_failed_fleets_are_told(job, lines):
    queue = job.open_queue()
    fleet = queue.open_fleets()[0]
    queue.attempts.begin(fleet.name, fleet.title, 50)
    queue.attempts.fail(fleet.name, "RuntimeError: no good")
    assert lines() == [
        "1 of 3 runs stored, 1 fleet left",
        f"failed: {fleet.title} (RuntimeError: no good), see {job.folder}",
        "nobody is at work: the same command resumes",
    ]


def test_asking_changes_nothing(job, lines):
    before = {path: path.stat().st_mtime_ns for path in job.out.rglob("*")}
    lines()
    assert {path: path.stat().st_mtime_ns for path in job.out.rglob("*")} == before
