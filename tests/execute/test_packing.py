"""Which runs are one fleet, for all processes and commands."""

import pytest

from sharegap.execute.packing import MAX_RUNS, MIN_RUNS, Packing, fleet_name, pack
from tests.helpers import make_run


def runs_by_id(count, *options):
    runs = [make_run(*options).with_numbers({"seed": seed}) for seed in range(count)]
    return {run.id: run for run in runs}


@pytest.mark.parametrize("count", [3 * MAX_RUNS + 2, 3 * MAX_RUNS + 3, 4 * MAX_RUNS])
@pytest.mark.parametrize("ended", [0, 1, -1])
def test_ended_fleets_move_no_others(tmp_path, count, ended):
    """A checkpoint has the name of its fleet's runs, so these stay together whatever has ended."""
    runs = runs_by_id(count)
    fleets = Packing(tmp_path).fleets(runs)
    assert fleets == pack(runs.values())
    done = fleets.pop(ended)
    left = {name: run for name, run in runs.items() if run not in done}
    assert Packing(tmp_path).fleets(left) == fleets


def test_new_runs_make_new_fleets(tmp_path):
    runs = runs_by_id(5)
    first = dict(list(runs.items())[:3])
    Packing(tmp_path).fleets(first)
    assert Packing(tmp_path).fleets(runs) == [list(first.values()), list(runs.values())[3:]]


def test_few_fleets_are_split_for_workers(tmp_path):
    """The largest first, never into small ones, and only what is packed for the first time."""
    runs = runs_by_id(3 * MIN_RUNS) | runs_by_id(MIN_RUNS, "sharing=hard")
    assert [len(fleet) for fleet in pack(runs.values(), 9)] == [MIN_RUNS] * 4
    assert len(Packing(tmp_path).fleets(runs)) == 2
    assert len(Packing(tmp_path).fleets(runs, at_least=9)) == 2


def test_halves_replace_a_fleet(tmp_path):
    runs = runs_by_id(5)
    [fleet] = Packing(tmp_path).fleets(runs)
    Packing(tmp_path).halve(fleet)
    assert Packing(tmp_path).fleets(runs) == [fleet[:2], fleet[2:]]
    assert Packing(tmp_path).names()[fleet[0].id] == fleet_name(fleet[:2])


def test_damaged_packing_is_packed_anew(tmp_path):
    runs = runs_by_id(2)
    packing = Packing(tmp_path)
    packing.fleets(runs)
    packing.path.write_text("")
    assert packing.names() == {}
    assert packing.fleets(runs) == [list(runs.values())]
