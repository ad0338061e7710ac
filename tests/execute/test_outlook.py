"""How far a workload is, as anyone sees it."""

from dataclasses import replace

import pytest
from omegaconf import OmegaConf

from sharegap.execute.outlook import Outlook
from sharegap.execute.status import StatusFile
from sharegap.execute.worker import Job
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run
from tests.results.conftest import row

RUNS = [make_run(), make_run("seed=1"), make_run("sharing=hard")]
TRAINER = OmegaConf.create({"accelerator": "cpu", "devices": 1})


@pytest.fixture
def look(tmp_path):
    """`look(rates)` says how far two fleets are, of two runs and of one."""

    def outlook(rates):
        job = Job(RunList(RUNS), tmp_path, TRAINER, rates=rates, alone=dict.fromkeys([run.structure for run in RUNS]))
        (tmp_path / "work").mkdir(exist_ok=True)
        return Outlook(job.open_queue(), Store(tmp_path), job.folder).look()

    return outlook


def test_nothing_is_done_at_first(look):
    view = look({})
    assert (view.done, view.planned, view.to_come, len(view.fleets), view.statuses) == (0, 3, 0, 2, [])
    assert view.seconds is view.seconds_in_all is None


def test_stored_fleets_are_done(look, tmp_path):
    first = look({}).fleets[0]
    Store(tmp_path).append(first.name, [row(run.id, config=run.json) for run in first.runs])
    view = look({})
    assert view.done == len(first.runs)
    assert [fleet.name for fleet in view.fleets] != [first.name]


def test_time_left_falls_with_each_step(look, tmp_path):
    """By what its worker has noted."""
    rates = {run.structure: 0.01 for run in RUNS}
    before = look(rates)
    fleet = before.fleets[0]
    file = StatusFile(tmp_path / "work", "worker-1")
    file.begin(fleet.name, fleet.title, steps=100)
    assert look(rates).seconds == before.seconds
    file.status = replace(file.status, written=0.0)  # a while ago
    file.advance(40)
    assert look(rates).seconds == pytest.approx(before.seconds - 0.4 * fleet.seconds)


def test_failed_fleets_are_not_left(look, tmp_path):
    fleet = look({}).fleets[0]
    attempts = Job(RunList(RUNS), tmp_path, TRAINER).open_queue().attempts
    attempts.begin(fleet.name, fleet.title, 50)
    attempts.fail(fleet.name, "no good")
    assert fleet.name not in [left.name for left in look({}).fleets]
