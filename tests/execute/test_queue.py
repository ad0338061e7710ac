"""The fleets that are left, in the order in which workers take them."""

import pytest

from sharegap.errors import UserError
from sharegap.execute.attempts import AttemptsFolder
from sharegap.execute.estimate import work
from sharegap.execute.packing import fleet_name
from sharegap.execute.queue import Queue
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run
from tests.results.conftest import row


def open_queue(folder, runs, **options):
    attempts = AttemptsFolder(folder / "work", limit=1)
    return Queue(RunList(runs), Store(folder), attempts, **({"alone": {}, "rates": {}} | options))


def store_runs(folder, runs, **values):
    rows = [row(run.id, config=run.json, **values) for run in runs]
    Store(folder).append(fleet_name(runs), rows)


def sizes(queue):
    return sorted(len(fleet.runs) for fleet in queue.open_fleets())


def test_runs_that_must_train_alone(tmp_path):
    options = ["optimizer.build._target_=torch.optim.LBFGS", "~optimizer.build.fused"]
    runs = [make_run(*options, f"seed={seed}") for seed in range(2)]
    queue = open_queue(tmp_path, [*runs, make_run(), make_run("seed=1")])
    with pytest.warns(UserWarning, match="LBFGS does not act .*: such runs are trained one by"):
        assert sizes(queue) == [1, 1, 2]


@pytest.mark.parametrize(("alone", "expected"), [(None, [2]), ("it counts", [1, 1])])
def test_a_known_structure_is_not_checked(tmp_path, alone, expected):
    """Whether its runs go together is known; what cannot be trained would be refused."""
    options = ["optimizer.build._target_=torch.optim.SparseAdam", "~optimizer.build.fused"]
    runs = [make_run(*options, f"seed={seed}") for seed in range(2)]
    assert sizes(open_queue(tmp_path, runs, alone={runs[0].structure: alone})) == expected
    with pytest.raises((UserError, RuntimeError)):
        open_queue(tmp_path / "unknown", runs).open_fleets()


def test_stored_runs_leave_the_queue(tmp_path):
    """Whoever has stored them."""
    runs = [make_run(f"seed={seed}") for seed in range(3)]
    queue = open_queue(tmp_path, runs)
    [fleet] = queue.open_fleets()
    store_runs(tmp_path, runs)
    queue.update()
    assert queue.is_finished(fleet)
    assert queue.open_fleets() == []


def test_longest_fleet_comes_first(tmp_path):
    runs = [make_run(), *(make_run("sharing=hard", f"seed={seed}") for seed in range(3))]
    rates = {run.structure: 1.0 for run in runs}
    assert [len(fleet.runs) for fleet in open_queue(tmp_path, runs, rates=rates).open_fleets()] == [3, 1]


@pytest.mark.parametrize("is_before", [True, False])
def test_stored_fleets_tell_how_long(tmp_path, is_before):
    """Whether they are stored before the queue is opened, or by another worker while it is used."""
    runs = [make_run(f"seed={seed}") for seed in range(3)]
    queue = open_queue(tmp_path, runs)
    store_runs(tmp_path, runs[:1], train_seconds=100.0)
    if is_before:
        queue = open_queue(tmp_path, runs)
    queue.update()
    assert queue.rates == {runs[0].structure: pytest.approx(100.0 / work(runs[:1]))}


def test_failed_fleet_is_not_open(tmp_path):
    run = make_run()
    queue = open_queue(tmp_path, [run])
    [fleet] = queue.open_fleets()
    assert queue.attempts.begin(fleet.name, fleet.title, 50)
    assert queue.open_fleets()
    queue.attempts.fail(fleet.name, "no good")
    assert queue.open_fleets() == []
    assert queue.failed_fleets()[fleet.name].error == "no good"
