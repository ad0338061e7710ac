"""The job that the leading process leaves for workers to come."""

import pickle
from contextlib import ExitStack

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.execute import build
from sharegap.execute.job_file import JobFile, help_leader
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run

TRAINER = OmegaConf.create({"accelerator": "cpu", "devices": 1, "precision": "32-true"})


@pytest.fixture
def job_file(tmp_path, monkeypatch):
    """One that holds a job of two fleets."""
    monkeypatch.setattr(build, "_shared", None)
    file = JobFile(tmp_path / "out")
    file.write(Job(RunList([make_run(), make_run("sharing=hard")]), tmp_path / "out", TRAINER))
    return file


def test_a_job_is_where_it_is_read(job_file, tmp_path):
    """Another host may have the folder elsewhere."""
    job_file.out.rename(tmp_path / "moved")
    job = JobFile(tmp_path / "moved").read()
    assert job.out == tmp_path / "moved"
    assert list(job.workload.runs) == [make_run().id, make_run("sharing=hard").id]


def test_a_removed_job_is_none(job_file):
    assert job_file.written() > 0
    job_file.remove()
    job_file.remove()
    assert (job_file.read(), job_file.written()) == (None, 0)


class Gone:
    """Of another version."""


@pytest.mark.parametrize("content", [b"", b"?", pickle.dumps(Gone()).replace(b"Gone", b"Lost")])
def test_job_of_another_version_is_refused(job_file, content):
    job_file.path.write_bytes(content)
    with pytest.raises(UserError, match=r"job\.pickle is of another version of sharegap: start the same command again"):
        job_file.read()


def test_who_leads_is_known(job_file):
    assert not job_file.is_led()
    with job_file.lead():
        assert JobFile(job_file.out).is_led()
    assert not job_file.is_led()


def test_looking_for_who_leads_makes_nothing(tmp_path):
    assert not JobFile(tmp_path / "nowhere").is_led()
    assert not help_leader(tmp_path / "nowhere", print)
    assert list(tmp_path.iterdir()) == []


def test_a_left_job_is_trained(job_file):
    """The process that led was killed."""
    said = []
    assert help_leader(job_file.out, said.append)
    assert sorted(said) == ["mnist1d local1d, 1 run", "mnist1d local1d, 1 run"]
    assert len(Store(job_file.out).runs()) == 2


def test_a_helper_ends_with_who_leads(job_file):
    """It stays while that is there, though nothing is left to train."""
    leader, said = ExitStack(), []

    def say(title):
        said.append(title)
        if len(said) == 2:
            leader.close()
            job_file.remove()

    with leader:
        leader.enter_context(job_file.lead())
        assert help_leader(job_file.out, say)
    assert len(said) == 2
