"""Workers whose fleets fail."""

from collections import Counter
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from sharegap.execute.worker import Job, train_all
from sharegap.plan.workload import RunList
from sharegap.results import Store
from tests.helpers import make_run
from tests.unsound import unsound

__all__ = ["unsound"]

TRAINER = OmegaConf.create({"accelerator": "cpu", "devices": 1, "precision": "32-true"})
SPARSE = ("optimizer.build._target_=torch.optim.SparseAdam", "~optimizer.build.fused")
"""An optimizer that refuses the gradients."""
NO_MEMORY = "there is not enough memory for this model and batch: use a smaller one"


def sizes(folder):
    """How many runs each stored fleet has."""
    return Counter(len(Store(folder).read(path.name.partition(".")[0])) for path in (folder / "results").iterdir())


def test_other_fleets_go_on(unsound):
    """What is finished is shown, and the same command tries what has failed again."""
    first, second = unsound("Raising"), unsound("Raising")
    [log] = Path("out/work").glob("*.log")
    for result in (first, second):
        assert result.code == 2
        assert result.err.splitlines()[-1] == (
            "sharegap: 1 fleet failed and the runs are missing: unsound none, 3 runs (RuntimeError: no good), "
            f"see {log}; the same command tries again"
        )
        assert "3 of 6 runs are finished" in result.out
        assert "Traceback" not in result.err
    assert "no good\nat all" in log.read_text()
    assert "3 of 6 runs are finished" in Path("out/leaderboard/own/leaderboard.md").read_text()
    Path("mended").touch()
    assert unsound("Raising").code == 0
    assert sizes(Path("out")) == {3: 2}


def test_halves_go_on_without_memory(unsound):
    Path("room").write_text("2")
    with pytest.warns(UserWarning, match="unsound none, 3 runs: it does not fit into memory, its halves are tried"):
        result = unsound("Hungry")
    assert result.code == 0
    for title in ("sound none, 3 runs", "unsound none, 2 runs", "unsound none, 1 run"):
        assert f"\n{title}, " in result.err
    assert sizes(Path("out")) == {3: 1, 2: 1, 1: 1}


def test_one_run_without_memory(unsound):
    """Whatever fits is trained."""
    Path("room").write_text("0")
    with pytest.warns(UserWarning, match="it does not fit into memory"):
        result = unsound("Hungry")
    assert result.code == 2
    assert result.err.splitlines()[-1].startswith(
        f"sharegap: 3 fleets failed and the runs are missing: unsound none, 1 run ({NO_MEMORY}), see out/work/"
    )
    assert sizes(Path("out")) == {3: 1}


@pytest.mark.parametrize("attempts", [1, 3])
def test_fleet_that_fails_is_tried_again(tmp_path, attempts):
    """What one cannot train, another may, on a machine of its own."""
    runs = [make_run(*SPARSE), make_run()]
    alone = dict.fromkeys([run.structure for run in runs])
    job, said = Job(RunList(runs), tmp_path, TRAINER, attempts=attempts, alone=alone), []
    train_all(job, "worker-1", say=said.append)
    assert len(said) == attempts + 1
    [failed] = job.open_queue().failed_fleets().values()
    assert failed.error.startswith("RuntimeError: SparseAdam does not support dense gradients")
    assert Store(tmp_path).runs()["run"].to_list() == [runs[1].id]


def test_an_error_ends_what_stops_at_it(tmp_path):
    """Where a single fleet is trained, and its traceback is wanted."""
    run = make_run(*SPARSE)
    job = Job(RunList([run]), tmp_path, TRAINER, alone={run.structure: None}, stops_at_errors=True)
    with pytest.raises(RuntimeError, match="dense gradients"):
        train_all(job, "here")
    assert list(job.folder.iterdir()) == []


def test_a_fleet_that_others_halved(tmp_path):
    """Who waited for it does not train it."""
    runs = [make_run(f"seed={seed}") for seed in range(4)]
    job = Job(RunList(runs), tmp_path, TRAINER, alone={runs[0].structure: None})
    one, other = job.open_queue(), job.open_queue()
    [fleet], [same] = one.open_fleets(), other.open_fleets()
    assert other.is_open(same)
    one.halve(fleet)
    assert not other.is_open(same)
    assert [left.runs for left in other.open_fleets()] == [runs[:2], runs[2:]]


def test_full_disk_ends_all_workers(unsound):
    """With one sentence; what is stored stays, and the same command goes on from there."""
    result = unsound("Full")
    assert result.code == 2
    sentence = "sharegap: No space left on device: disk; make room there or choose another folder"
    assert result.err.splitlines()[-1] == sentence
    assert "Traceback" not in result.err
    assert not list(Path("out/work").glob("*.attempts.json"))
    before = set(Path("out/results").iterdir())
    Path("mended").touch()
    assert unsound("Full").code == 0
    assert before <= set(Path("out/results").iterdir())
    assert sizes(Path("out")) == {3: 2}
