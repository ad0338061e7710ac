"""Which fleets are to be trained."""

import pytest

from sharegap.execute.pack import MAX_RUNS, fleet_name, pack
from sharegap.execute.prepare import _fleets, prepare_runs
from sharegap.results import Store
from tests.helpers import make_run


def runs_by_id(count):
    runs = [make_run().with_numbers({"seed": seed}) for seed in range(count)]
    return {run.id: run for run in runs}


@pytest.mark.parametrize("count", [3 * MAX_RUNS + 2, 3 * MAX_RUNS + 3, 4 * MAX_RUNS])
@pytest.mark.parametrize("ended", [0, 1, -1])
def test_ended_fleets_move_no_others(tmp_path, count, ended):
    """A checkpoint has the name of its fleet's runs, so these stay together whatever has ended."""
    runs, store = runs_by_id(count), Store(tmp_path)
    fleets = _fleets(store, runs)
    assert fleets == pack(runs.values())
    done = fleets.pop(ended)
    left = {name: run for name, run in runs.items() if run not in done}
    assert [fleet_name(fleet) for fleet in _fleets(store, left)] == [fleet_name(fleet) for fleet in fleets]


def test_new_runs_make_new_fleets(tmp_path):
    store, runs = Store(tmp_path), runs_by_id(5)
    first = dict(list(runs.items())[:3])
    _fleets(store, first)
    assert _fleets(store, runs) == [list(first.values()), list(runs.values())[3:]]


def test_a_broken_checkpoint_is_set_aside(tmp_path):
    store, run = Store(tmp_path), make_run()
    with store.lock():
        checkpoint = store.checkpoints / f"{fleet_name([run])}.ckpt"
        checkpoint.write_bytes(b"no checkpoint")
        with pytest.warns(
            UserWarning, match=r"cannot be read \(.+\): it is set aside as .*\.set-aside-1, and its fleet"
        ):
            [fleet] = prepare_runs(store, [run]).fleets
    assert fleet.steps_left == run.config["training"]["steps"]
    assert checkpoint.with_suffix(".set-aside-1").read_bytes() == b"no checkpoint"
