import pytest

from sharegap.errors import UserError
from sharegap.execute.packing import MAX_RUNS, fleet_name, pack
from tests.helpers import make_run


def test_identity_is_in_what_decides_the_figures():
    base = make_run("sharing=soft")
    same = ["out=elsewhere", "logger=none", "trainer.devices=2", "sharing.grid=[1,2]", "sharing.bounds=[1,2]"]
    for override in [*same, "sharing.strength=1e0"]:
        assert make_run("sharing=soft", override).id == base.id
    other = ["seed=1", "sharing.strength=0.1", "optimizer.lr=0.1", "trainer.precision=64-true", "dataset.n_train=200"]
    for override in other:
        assert make_run("sharing=soft", override).id != base.id


def test_identity_does_not_change_unnoticed():
    """Stored results are found by this hash: a change of it means that everyone trains again."""
    assert make_run("sharing=soft", "seed=3").id == "9bae6248dd6d5c17"


def test_fleets_hold_one_structure():
    """Fleets hold runs that differ in per run numbers only."""
    soft = [make_run("sharing=soft", f"sharing.strength={s}", f"seed={seed}") for s in (0, 1) for seed in range(3)]
    hard = [make_run("sharing=hard", f"seed={seed}") for seed in range(3)]
    small = [make_run("sharing=hard", "dataset.n_train=200")]
    mixed = [run for pair in zip(soft[:3], hard, strict=True) for run in pair] + soft[3:] + small + soft
    fleets = pack(mixed)
    assert sorted(map(len, fleets)) == [1, 3, 6]
    assert {run.id for fleet in fleets for run in fleet} == {run.id for run in mixed}


def test_large_fleets_are_split_evenly():
    run = make_run()
    fleets = pack(run.with_numbers({"seed": seed}) for seed in range(MAX_RUNS + 2))
    assert [len(fleet) for fleet in fleets] == [MAX_RUNS // 2 + 1] * 2
    assert fleet_name(fleets[0]) == fleet_name(pack(fleets[0])[0]) != fleet_name(fleets[1])


@pytest.mark.parametrize("override", ["seed=-1", "seed=1.5", "seed=abc", "sharing.strength=much", "optimizer.lr=true"])
def test_refuses_what_is_no_number(override):
    with pytest.raises(UserError, match="must be a"):
        make_run("sharing=soft", override)


def test_refuses_unknown_number():
    """Refuses a number that the run does not have."""
    with pytest.raises(UserError, match=r"no per-run number 'sharing\.strenght': did you mean sharing\.strength"):
        make_run("sharing=soft").with_numbers({"sharing.strenght": 1})
