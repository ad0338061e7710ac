"""Running a suite once, twice, and interrupted."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from sharegap.execute import driver, worker
from sharegap.execute.packing import Packing
from sharegap.results import Store
from sharegap.results.wide import value_of
from tests.command_line import SMOKE

TIMES = ["train_seconds"]


def stored(folder):
    """The trained runs: an anchor is none."""
    runs = Store(folder).runs().sort("run").drop(TIMES)
    return runs.filter(~pl.col("config").str.contains('"anchor"'))


def test_a_suite_is_trained_once(command, tmp_path, monkeypatch):
    first = command("bench", *SMOKE)
    assert first.code == 0
    assert len(stored(tmp_path / "out")) == 4
    assert (tmp_path / "out" / "leaderboard" / "smoke" / "index.html").exists()

    monkeypatch.setattr(worker, "fit", lambda *_: pytest.fail("trained again"))
    assert command("bench", *SMOKE).code == 0
    # A wider suite trains what is new only; here everything is.
    assert len(stored(tmp_path / "out")) == 4


def test_only_missing_runs_are_trained(command, tmp_path):
    command("bench", *SMOKE)
    parts = sorted((tmp_path / "out" / "results").iterdir())
    times = {part: part.stat().st_mtime_ns for part in parts}
    assert command("bench", *SMOKE, "suite.seeds=2").code == 0
    assert len(stored(tmp_path / "out")) == 8
    assert {part: part.stat().st_mtime_ns for part in parts} == times


ONE_RUN = [*SMOKE, "~suite.studies.digits", "suite.methods=[none]"]


def test_anchors_are_measured_once(command, tmp_path, monkeypatch):
    """Without them there are none; and again where a fresh suite is asked for."""
    measured, measure = [], driver.measure_anchor
    monkeypatch.setattr(driver, "measure_anchor", lambda anchor: measured.append(anchor) or measure(anchor))
    for option, count in {"suite.anchors=false": 0, "fresh=false": 3, "suite.name=smoke": 3, "fresh=true": 6}.items():
        command("bench", *ONE_RUN, option)
        assert len(measured) == count
    assert Store(tmp_path / "out").runs().height == 1 + 3
    assert "linear (anchor)" in (tmp_path / "out" / "leaderboard" / "smoke" / "leaderboard.md").read_text()


def test_anchor_that_fails_is_left_out(command, monkeypatch):
    def fail(_):
        raise ValueError("no such samples")

    monkeypatch.setattr(driver, "measure_anchor", fail)
    with pytest.warns(UserWarning, match=r"no anchor \w+ of mnist1d: no such samples"):
        assert command("bench", *ONE_RUN).code == 0


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_interrupted_suite_resumes(command, tmp_path, monkeypatch, interruption):
    """A suite that is interrupted, or has a fleet that fails, goes on and ends with the same table."""
    command("bench", *SMOKE, f"out={tmp_path / 'whole'}")
    real, fleets = worker.fit, []

    def interrupted(fleet, options, checkpoint, report):
        fleets.append(fleet)
        calls = []

        def stop(steps):
            calls.append(steps)
            if len(fleets) > 1 and len(calls) > 15:  # after the second fleet's first evaluation
                raise interruption("stopped here")
            report(steps)

        return real(fleet, options, checkpoint, stop)

    with monkeypatch.context() as patch:
        patch.setattr(worker, "fit", interrupted)
        result = command("bench", *SMOKE)
    assert result.code != 0
    assert "Traceback" not in result.err
    if interruption is KeyboardInterrupt:
        assert "the same command resumes" in result.err
    else:
        assert "3 fleets failed and the runs are missing" in " ".join(result.err.split())
        assert "RuntimeError: stopped here" in " ".join(result.err.split())
        assert (tmp_path / "out" / "leaderboard" / "smoke" / "index.html").exists()
    assert len(stored(tmp_path / "out")) == 1
    assert list((tmp_path / "out" / "checkpoints").iterdir())
    assert command("bench", *SMOKE).code == 0
    assert_frame_equal(stored(tmp_path / "out"), stored(tmp_path / "whole"))
    assert not list((tmp_path / "out" / "checkpoints").iterdir())


def test_damaged_files_are_trained_again(command, tmp_path):
    """A damaged part or checkpoint is trained again."""
    command("bench", *SMOKE)
    expected = stored(tmp_path / "out")
    name = Packing(tmp_path / "out").names()[expected["run"][0]]
    (part,) = (tmp_path / "out" / "results").glob(f"{name}.*")
    part.write_bytes(part.read_bytes()[:100])
    checkpoint = tmp_path / "out" / "checkpoints" / f"{part.name.partition('.')[0]}.ckpt"
    checkpoint.write_bytes(b"not a checkpoint")
    with pytest.warns(UserWarning, match="cannot be read") as caught:
        assert command("bench", *SMOKE).code == 0
    said = " ".join(str(warning.message) for warning in caught)
    assert f"{part.name} cannot be read, it may be truncated: it is set aside" in said
    assert f"{checkpoint.name} cannot be read (" in said
    assert f"it is set aside as {checkpoint.stem}.set-aside-1, and its fleet starts again" in said
    assert_frame_equal(stored(tmp_path / "out"), expected)


def test_single_run_prints_its_figures(command, tmp_path):
    """A single run prints its figures and returns validation."""
    small = ["training.steps=20", "training.evaluations=2", "dataset.n_train=100"]
    result = command("run", *small, "sharing=soft", "sharing.strength=0.01", "seed=3")
    assert result.code == 0
    row = pl.read_parquet(tmp_path / "out" / "results").row(0, named=True)
    assert row["run"] in result.out
    assert f"{value_of(row, snapshot='final', split='test', metric='score'):.3f}" in result.out
