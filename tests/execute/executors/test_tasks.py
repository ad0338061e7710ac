"""Of several tasks of one `srun` the first leads, and the others help it alone."""

import pytest
from omegaconf import OmegaConf

from sharegap.execute.executors.tasks import is_helper, srun_tasks
from sharegap.execute.job_file import JobFile, help_leader
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from tests.helpers import make_run

ALONE = OmegaConf.create({"accelerator": "cpu", "devices": 1, "precision": "32-true"})
VARIABLES = ("SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID")


@pytest.fixture
def be_task(monkeypatch):
    """`be_task(number, tasks, step)`: make this process look like a task of `srun`."""

    def be(number, tasks=2, step=0):
        for name, value in zip(VARIABLES, (5, step, tasks, number), strict=True):
            monkeypatch.setenv(name, str(value))

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return be


@pytest.mark.parametrize(("number", "tasks", "helps"), [(0, 1, False), (0, 2, False), (1, 2, True), (3, 4, True)])
def test_all_tasks_but_the_first_help(be_task, number, tasks, helps):
    be_task(number, tasks)
    assert srun_tasks() == tasks
    assert is_helper(ALONE) == helps


@pytest.mark.parametrize("options", [{"devices": 2}, {"num_nodes": 2}])
def test_tasks_that_share_a_fleet_help_not(be_task, options):
    """Lightning has them train each fleet together."""
    be_task(1)
    assert not is_helper(OmegaConf.merge(ALONE, options))


def test_task_number_alone_means_nothing(be_task, monkeypatch, command):
    """As in a shell that was started in a job: the command trains and prints."""
    monkeypatch.setenv("SLURM_PROCID", "1")
    assert not is_helper(ALONE)
    result = command("run", "training.steps=20", "training.evaluations=2", "dataset.n_train=100", "executor=inline")
    assert result.code == 0
    assert "accuracy" in result.out


def test_helper_leaves_the_job_of_another_step(be_task, tmp_path):
    """An earlier command may have been killed; the tasks of this one help its first task."""
    be_task(0, step=1)
    job_file = JobFile(tmp_path)
    job_file.write(Job(RunList([make_run()]), tmp_path, ALONE))
    assert job_file.read("5.1")
    assert job_file.read("5.2") is None
    assert not help_leader(tmp_path, print, step="5.2")


def test_helper_ends_with_the_first_task(be_task, tmp_path):
    """Also where there was nothing to train, so that it was gone soon."""
    be_task(0)
    with JobFile(tmp_path).lead():
        pass
    assert help_leader(tmp_path, print, patience=600.0, step="5.0")
