"""Suites that are killed at random moments, started again, killed again, end with the tables of one that was not."""

import os
import random
import signal
import time
from collections import Counter

import polars as pl
import pytest
from polars import selectors as cs
from polars.testing import assert_frame_equal

from sharegap.atomic import UNFINISHED
from sharegap.results import Store
from tests.soak.starts import start

KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "0"))
SIGNALS = [signal.SIGKILL] * 8 + [signal.SIGTERM, signal.SIGINT]
LIMIT = 120
"""Seconds after which a command hangs."""
SHORT = ["training.steps=60", "training.evaluations=6", "dataset.n_train=200", "dataset.n_validation=50"]
SUITES = {
    "noise": ["~suite.studies.digits", "suite.methods=[none,dropout]"],
    "stopping": ["~suite.studies.mnist1d", "suite.methods=[none,early_stopping]"],
    "sizes": ["~suite.studies.digits", "suite.methods=[none,hard]", "suite.sizes=[100,200]"],
}


def words(suite, folder):
    options = ["suite=smoke", f"suite.name={suite}", *SUITES[suite], f"suite.overrides={SHORT}"]
    return ["bench", *options, f"out={folder}", "logger=none"]


def finish(suite, folder, moment=None, number=signal.SIGKILL):
    """Start a suite, kill it after `moment` seconds unless it has ended, and return whether it was killed."""
    process = start(words(suite, folder), folder.with_suffix(".log"))
    process.join(moment or LIMIT)
    was_killed = process.exitcode is None
    if was_killed:
        os.kill(process.pid, number)
        process.join(LIMIT)
    said = folder.with_suffix(".log").read_text()
    assert process.exitcode in ({-number, 128 + number, 0} if was_killed else {0}), said[-2000:]
    assert "Traceback" not in said
    return was_killed


def tables(suite, folder):
    """All that a suite leaves, without how long it took."""
    store = Store(folder)
    found = {"runs": store.runs().sort("run"), "plan": store.plan(suite)[0]}
    for path in Store(folder).leaderboard(suite).glob("*.csv"):
        found[path.name] = pl.read_csv(path, infer_schema_length=None)
    return {name: table.select(~cs.contains("seconds")) for name, table in found.items()}


def stage(folder):
    """How far a suite had come when it was killed."""
    if not (folder / "fleets.parquet").exists():
        return "before it was planned"
    if list(folder.rglob(f".*{UNFINISHED}")):
        return "in the middle of a file"
    if list((folder / "checkpoints").iterdir()):
        return "with a checkpoint"
    return "between fleets" if list((folder / "results").iterdir()) else "before the first checkpoint"


@pytest.mark.timeout(3600)
def test_killed_suites_end_the_same(tmp_path):
    chance, stages, cycles = random.Random(SEED), Counter(), 0
    whole, seconds = {}, {}
    finish("noise", tmp_path / "imports")
    for suite in SUITES:
        begin = time.monotonic()
        finish(suite, tmp_path / suite)
        seconds[suite], whole[suite] = time.monotonic() - begin, tables(suite, tmp_path / suite)
    begin = time.monotonic()
    while stages.total() < KILLS:
        suite = list(SUITES)[cycles % len(SUITES)]
        cycles += 1
        folder = tmp_path / f"{suite}-{cycles}"
        while finish(suite, folder, chance.uniform(0, seconds[suite]), chance.choice(SIGNALS)):
            stages[stage(folder)] += 1
        found = tables(suite, folder)
        assert found.keys() == whole[suite].keys()
        for name, table in found.items():
            assert_frame_equal(table, whole[suite][name])
        assert not list(folder.rglob("*.set-aside-*"))
        assert not list((folder / "checkpoints").iterdir())
        assert not [path for path in folder.rglob(f".*{UNFINISHED}") if "leaderboard" not in path.parts]
        print(f"{stages.total()} kills in {cycles} suites, {time.monotonic() - begin:.0f} s: {dict(stages)}")
