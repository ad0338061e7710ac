"""Which fleets are to be trained."""

from io import BytesIO

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute.pack import MAX_RUNS, fleet_name, pack
from sharegap.execute.prepare import TrainedStructure, _fleets, _steps_done, prepare_runs
from sharegap.results import Store
from tests.helpers import make_run
from tests.results.conftest import row


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


def stored_as_torch_does(content):
    stream = BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


SOUND = stored_as_torch_does({"global_step": 3, "state_dict": torch.ones(99), "optimizer_states": [], "loops": {}})
FLIPPED = SOUND.replace(torch.ones(99).numpy().tobytes(), torch.full((99,), 1.5).numpy().tobytes())
BROKEN = [
    b"no checkpoint",
    b"",
    FLIPPED,
    SOUND[:-40],
    stored_as_torch_does([1]),
    stored_as_torch_does({"global_step": 1}),
]


def test_a_checkpoint_says_what_is_done(tmp_path):
    (tmp_path / "a.ckpt").write_bytes(SOUND)
    assert _steps_done(tmp_path / "a.ckpt") == 3


@pytest.mark.parametrize("content", BROKEN, ids=["text", "empty", "a bit", "cut", "a list", "no training"])
def test_a_broken_checkpoint_is_set_aside(tmp_path, content):
    """Torch would read the one of which a bit was changed, and go on with other weights."""
    store, run = Store(tmp_path), make_run()
    with store.lock():
        checkpoint = store.checkpoints / f"{fleet_name([run])}.ckpt"
        checkpoint.write_bytes(content)
        with pytest.warns(
            UserWarning, match=r"cannot be read \(.+\): it is set aside as .*\.set-aside-1, and its fleet"
        ):
            [fleet] = prepare_runs(store, [run]).fleets
    assert fleet.steps_left == run.config["training"]["steps"]
    assert checkpoint.with_suffix(".set-aside-1").read_bytes() == content


def test_fresh_runs_start_again(tmp_path):
    """Stored or begun: both are trained again, the others stay."""
    store, runs = Store(tmp_path), list(runs_by_id(3).values())
    with store.lock():
        store.append("a", [row(run.id) for run in runs[:2]])
        checkpoint = store.checkpoints / f"{fleet_name(runs[1:])}.ckpt"
        checkpoint.write_bytes(b"begun")
        [fleet] = prepare_runs(store, runs[1:], fresh=True).fleets
        assert fleet.runs == runs[1:]
        assert not checkpoint.exists()
        assert store.runs()["run"].to_list() == [runs[0].id]


def test_a_mistake_costs_no_stored_run(tmp_path):
    """What cannot be trained is refused before anything is set aside."""
    store = Store(tmp_path)
    good, bad = make_run(), make_run("optimizer.build._target_=torch.optim.SparseAdam", "~optimizer.build.fused")
    with store.lock():
        store.append("a", [row(good.id)])
        with pytest.raises((UserError, RuntimeError)):
            prepare_runs(store, [good, bad], fresh=True)
        assert store.runs()["run"].to_list() == [good.id]


def test_runs_that_must_train_alone(tmp_path):
    options = ["optimizer.build._target_=torch.optim.LBFGS", "~optimizer.build.fused"]
    runs = [make_run(*options, f"seed={seed}") for seed in range(2)]
    with Store(tmp_path).lock(), pytest.warns(UserWarning, match="LBFGS does not act .*: such runs are trained one by"):
        prepared = prepare_runs(Store(tmp_path), [*runs, make_run(), make_run("seed=1")])
    assert sorted(len(fleet.runs) for fleet in prepared.fleets) == [1, 1, 2]


def test_a_trained_structure_is_not_checked(tmp_path):
    """Nor built; whether its runs go together is known."""
    runs = [make_run(f"seed={seed}") for seed in range(2)]
    for alone, sizes in ((None, [2]), ("it counts", [1, 1])):
        trained = {runs[0].structure: TrainedStructure(alone, rate=1.0)}
        prepared = prepare_runs(Store(tmp_path / str(alone)), runs, trained=trained)
        assert [len(fleet.runs) for fleet in prepared.fleets] == sizes
        assert not prepared.structures
