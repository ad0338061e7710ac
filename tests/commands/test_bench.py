"""A suite whose settings are tuned first: chosen on validation data alone, and resumable in every phase."""

import shlex

import numpy as np
from polars.testing import assert_frame_equal

from sharegap.commands import bench
from sharegap.execute import worker
from sharegap.results import Store, join_runs

TUNED = [
    "suite=smoke",
    "suite.seeds=2",
    "suite.trials=4",
    "suite.methods=[none,l2]",
    "~suite.studies.digits",
    "suite.anchors=false",
]
TINY = ["suite.overrides=['training.steps=20','training.evaluations=2']"]


def table(folder):
    """The runs of the suite by method, phase, trial and seed, without times."""
    store = Store(folder)
    runs = join_runs(*store.plan("smoke"), store.runs())
    return runs.select(
        "method", "strength", "phase", "trial", "seed", "at_edge", "run", "validation_score", "test_score"
    )


def test_interrupted_search_resumes(command, tmp_path, monkeypatch):
    """Interrupted after each fleet, it ends with the table of one that was not."""
    command("bench", *TUNED, *TINY, f"out={tmp_path / 'whole'}")
    train, calls = worker.fit, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(worker, "fit", interrupted)
    starts = 0
    while command("bench", *TUNED, *TINY).code:
        calls.clear()
        starts += 1
    assert starts == 3  # of four fleets, in three phases
    assert_frame_equal(table(tmp_path / "out"), table(tmp_path / "whole"))


def test_all_runs_are_announced_once(command):
    first = command("bench", *TUNED, *TINY)
    assert first.out.startswith("About 8 runs in all, 0 of them stored. Validation scores decide")
    assert "2 fleets, 5 runs to train: about" in first.err
    assert "then about 3 more runs: about" in first.err
    assert command("bench", *TUNED, *TINY).out.startswith("All 8 runs are stored: nothing is left to train.")


def test_page_is_written_as_fleets_finish(command, tmp_path, monkeypatch):
    """Of what is finished, as soon as a method is measured; at the end it loads itself no more, nor does the index."""
    train, pages = worker.fit, tmp_path / "out" / "leaderboard"
    before = []

    def reloading():
        names = ("index.html", "smoke/index.html")
        return ['http-equiv="refresh"' in (pages / name).read_text() for name in names]

    def look(*arguments):
        before.append(reloading() if pages.exists() else None)
        return train(*arguments)

    monkeypatch.setattr(worker, "fit", look)
    monkeypatch.setattr(bench, "PAGE_SHARE", 0)
    command("bench", *TUNED, *TINY)
    assert before[0] is None
    assert before[-1] == [True, True]
    assert reloading() == [False, False]


def test_command_is_stored_as_typed(command, tmp_path, monkeypatch):
    """A variable of the environment stays its name."""
    monkeypatch.setenv("SIZE", "2")
    options = [*TUNED, "suite.anchors=false", "suite.trials=${oc.decode:${oc.env:SIZE}}", f"out={tmp_path / 'my out'}"]
    assert command("bench", *options, *TINY).code == 0
    typed = Store(tmp_path / "my out").command("smoke")
    assert shlex.split(typed)[:2] == ["sharegap", "bench"]
    assert shlex.split(typed)[-len(options) - 1 :] == [*options, *TINY]


def test_fresh_search_trains_all_phases_again(command, tmp_path):
    """Also the runs of later phases, which the plan does not know when it begins."""
    command("bench", *TUNED, *TINY)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "results").iterdir()}
    expected = table(tmp_path / "out")
    assert command("bench", *TUNED, *TINY, "fresh=true").out.startswith("About 8 runs in all, 0 of them stored.")
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "results").glob("*.parquet")}
    assert all(before.get(name) != time for name, time in after.items())
    assert_frame_equal(table(tmp_path / "out"), expected)


def test_nothing_is_chosen_on_test(command, tmp_path):
    """With permuted test labels the same settings are chosen, and score as chance does."""
    rng = np.random.default_rng(0)
    y, y_test = np.arange(120) % 3, np.arange(600) % 3
    means = rng.normal(size=(3, 8))
    x, x_test = means[y] + rng.normal(size=(120, 8)), means[y_test] + rng.normal(size=(600, 8))
    tables = []
    for name, labels in (("true", y_test), ("permuted", rng.permutation(y_test))):
        path = tmp_path / f"{name}.npz"
        np.savez(path, x=x, y=y, x_test=x_test, y_test=labels)
        study = f"suite.studies.mnist1d=['dataset=arrays','dataset.path={path}']"
        short = "suite.overrides=['training.steps=40','training.evaluations=2']"
        assert (
            command("bench", *TUNED, "suite.methods=[none,dropout]", study, short, f"out={tmp_path / name}").code == 0
        )
        tables.append(table(tmp_path / name))
    true, permuted = tables
    chosen = ["method", "strength", "phase", "trial", "seed", "at_edge", "validation_score"]
    assert_frame_equal(permuted.select(chosen), true.select(chosen))
    measured = {
        name: runs.filter(phase="measure")["test_score"]
        for name, runs in zip(("true", "permuted"), tables, strict=True)
    }
    assert measured["true"].min() > 0.7
    assert measured["permuted"].is_between(1 / 3 - 0.1, 1 / 3 + 0.1).all()
