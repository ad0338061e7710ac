"""Tasks in Slurm's queue, which is played by a file: one line for each task."""

import pytest
from omegaconf import OmegaConf

from sharegap.errors import UserError
from sharegap.execute.executors import slurm
from sharegap.execute.executors.slurm import Slurm
from sharegap.execute.job_file import JobFile
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from sharegap.signals import Terminated
from tests.helpers import make_run

COMMANDS = {
    "sbatch": 'cat > script; for task in 1 2; do echo "$(wc -l < calls)_$task RUNNING None" >> queue; done',
    "squeue": "cat queue",
    "scancel": "",
    "scontrol": "echo JobId=1 JobState=FAILED Reason=NonZeroExitCode",
}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A folder with what the commands were told, and the queue."""
    (tmp_path / "bin").mkdir()
    for name, body in COMMANDS.items():
        path = tmp_path / "bin" / name
        path.write_text(f'#!/bin/sh\ncd "{tmp_path}"\necho {name} "$@" >> calls\n{body}\n')
        path.chmod(0o755)
    (tmp_path / "queue").touch()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr(slurm, "ASK_SECONDS", 0.0)
    monkeypatch.setattr(slurm, "WATCH_SECONDS", 0.05)
    return tmp_path


def submissions(cluster):
    return [call for call in (cluster / "calls").read_text().splitlines() if call.startswith("sbatch")]


def run(cluster, watch, options=None):
    """Keep two tasks at a job, and return what was said."""
    said = []
    job = Job(RunList([make_run()]), cluster / "my folder", OmegaConf.create(), workers=2)
    Slurm(2, options).run(job, watch, said.append)
    return said


def counts(*lefts):
    """A watch that says how many fleets are left, one number after the other."""
    return iter(lefts).__next__


def test_tasks_get_the_options(cluster):
    run(cluster, counts(1, 0), {"time": "4:00:00", "signal": "USR1@300", "contiguous": True, "cpus-per-task": 2})
    (call,) = submissions(cluster)
    assert {"--time=4:00:00", "--signal=USR1@300", "--contiguous", "--cpus-per-task=2", "--requeue"} <= set(
        call.split()
    )
    assert f"-m sharegap work 'out={cluster / 'my folder'}'" in (cluster / "script").read_text()


def test_waiting_tasks_are_cancelled_at_the_end(cluster):
    assert run(cluster, counts(1, 0)) == []
    last = (cluster / "calls").read_text().splitlines()[-1]
    assert last.startswith("scancel --me --name=sharegap-")
    assert last.endswith("--state=PENDING")


def test_tasks_of_an_earlier_command_are_kept(cluster):
    (cluster / "queue").write_text("7_1 RUNNING None\n7_2 PENDING Priority\n")
    assert "2 tasks of an earlier command" in run(cluster, counts(1, 1, 0))[0]
    assert not submissions(cluster)


def test_lost_task_is_replaced(cluster):
    def watch():
        lines = (cluster / "queue").read_text().splitlines()
        if len(lines) == 2:
            (cluster / "queue").write_text(f"{lines[0]}\n")
        return 1 if len(lines) <= 2 else 0

    (said,) = run(cluster, watch)
    assert "has ended as FAILED, see" in said
    assert "a new one takes its place" in said
    assert "--array=1-1" in submissions(cluster)[1]


def test_tasks_that_are_always_lost_end_it(cluster):
    def watch():
        (cluster / "queue").write_text("")
        return 1

    with pytest.raises(UserError, match="workers are lost again and again, the last time because task"):
        run(cluster, watch)
    assert len(submissions(cluster)) <= 6


def test_waiting_is_explained(cluster, monkeypatch):
    monkeypatch.setattr(slurm, "PATIENCE", 0.0)
    (cluster / "queue").write_text("7_1 PENDING Priority\n7_2 PENDING Priority\n")
    assert run(cluster, counts(1, 1, 1, 0))[1:] == ["no task runs, and Slurm's reason is Priority"]


def test_options_are_a_section(command):
    result = command("run", "executor=slurm", "executor.options=4")
    assert "executor.options must be a section of options or null, got 4" in result.err


def test_options_can_be_typed(cluster, command):
    (cluster / "bin" / "sbatch").write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n')
    options = ['executor.options={time:"4:00:00",cpus-per-task:2}', "+executor.options.gres=gpu:1"]
    result = command("run", "executor=slurm", *options)
    assert result.code == 2
    assert {"--time=4:00:00", "--cpus-per-task=2", "--gres=gpu:1"} <= set(result.err.split())


def test_refused_submission_is_one_sentence(cluster):
    (cluster / "bin" / "sbatch").write_text("#!/bin/sh\necho sbatch: error: invalid partition >&2\nexit 1\n")
    with pytest.raises(UserError, match=r"^sbatch refuses: sbatch: error: invalid partition$"):
        run(cluster, lambda: pytest.fail("nothing is watched before"))


def test_single_task_is_tried_again(cluster, command):
    """Its node may die, and what a fleet raises is noted for the command, not only in the task's log."""
    (cluster / "bin" / "sbatch").write_text("#!/bin/sh\nexit 1\n")
    result = command("run", "executor=slurm", "executor.workers=1", "training.steps=20", "training.evaluations=2")
    assert result.code == 2
    assert "sbatch refuses" in result.err
    job = JobFile(cluster / "out").read()
    assert job.attempts > 1
    assert not job.stops_at_errors


def test_slurm_may_be_silent_for_a_while(cluster):
    """Its controller may be restarted: the tasks live on."""

    def watch():
        calls = len((cluster / "calls").read_text().splitlines())
        body = "echo no answer >&2; exit 1" if calls < 6 else "cat queue"
        (cluster / "bin" / "squeue").write_text(f'#!/bin/sh\ncd "{cluster}"\necho squeue >> calls\n{body}\n')
        return 1 if calls < 9 else 0

    assert run(cluster, watch) == ["squeue refuses: no answer; asking again"]
    assert len(submissions(cluster)) == 1


def test_end_of_the_command_leaves_the_tasks(cluster):
    def watch():
        raise Terminated(2)

    said = []
    job = Job(RunList([make_run()]), cluster / "out", OmegaConf.create(), workers=2)
    with pytest.raises(Terminated):
        Slurm(2).run(job, watch, said.append)
    assert "`scancel --me --name=sharegap-" in said[0]
    assert "scancel" not in (cluster / "calls").read_text()


def test_job_around_the_command_counts_not(cluster, monkeypatch):
    """The command may itself be a Slurm job, whose variables `sbatch` and `srun` would take for options."""
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "8")
    (cluster / "bin" / "squeue").write_text(f'#!/bin/sh\nenv > "{cluster}/variables"\n')
    run(cluster, counts(0))
    assert "SLURM_CPUS_PER_TASK" not in (cluster / "variables").read_text()


@pytest.mark.parametrize("name", ["array", "job-name", "output"])
def test_option_that_is_not_the_users(name):
    with pytest.raises(UserError, match=f"executor.options must be without {name}"):
        Slurm(1, {name: "mine"})


def test_slurm_must_be_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    job = Job(RunList([make_run()]), tmp_path, OmegaConf.create())
    with pytest.raises(UserError, match="there is no sbatch here"):
        Slurm(1).run(job, counts(0), print)
