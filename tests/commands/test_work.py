"""`sharegap work`: help for a command, from another terminal or host."""

from omegaconf import OmegaConf

from sharegap.execute import build
from sharegap.execute.job_file import JobFile
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run

TRAINER = OmegaConf.create({"accelerator": "cpu", "devices": 1, "precision": "32-true"})


def test_nothing_to_help_is_one_sentence(command, tmp_path):
    result = command("work", f"out={tmp_path / 'out'}")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"sharegap: nothing is being trained in {tmp_path}/out: start `sharegap bench out={tmp_path}/out` first\n"
    )
    assert not (tmp_path / "out").exists()


def test_what_was_left_is_trained(command, tmp_path, monkeypatch):
    """By a command that was killed; each fleet is named."""
    monkeypatch.setattr(build, "_shared", None)
    JobFile(tmp_path / "out").write(Job(RunList([make_run()]), tmp_path / "out", TRAINER))
    result = command("work", f"out={tmp_path / 'out'}")
    assert (result.code, result.out, result.err) == (0, "mnist1d local1d, 1 run\n", "")
    assert Store(tmp_path / "out").runs()["run"].to_list() == [make_run().id]


def test_a_job_of_another_version(command, tmp_path):
    JobFile(tmp_path / "out").path.parent.mkdir(parents=True)
    JobFile(tmp_path / "out").path.write_bytes(b"?")
    result = command("work", f"out={tmp_path / 'out'}")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"sharegap: {tmp_path}/out/work/job.pickle is of another version of sharegap: start the same command again\n"
    )
