"""What is made of the times of several workers."""

import os

import pytest

from benchmarks.scaling import default_counts, expect, summarize
from sharegap.results import Store
from tests.helpers import make_run
from tests.results.conftest import row

STEPS = 40


@pytest.fixture
def store(tmp_path):
    """Fleets of one run each: `a` is stored at 120 s, `b` at 131 s and `c` at 125 s, each with 8 s of training."""
    store = Store(tmp_path)
    for seed, (fleet, stored) in enumerate({"a": 120, "b": 131, "c": 125}.items()):
        run = make_run("dataset=mnist1d", "model=local1d", f"training.steps={STEPS}", f"seed={seed}")
        store.append(fleet, [row(run.id, config=run.json, train_seconds=8.0)])
        os.utime(store.part(fleet), (stored, stored))
    return store


def test_times_of_two_workers(store):
    begins = {"worker-1": [(110.0, "a"), (120.5, "b")], "worker-2": [(114.0, "c")]}
    measure = summarize(store, begins, start=100.0, job_written=105.0)
    assert (measure.fleets, measure.steps) == (3, 3 * STEPS)
    assert (measure.whole, measure.begun, measure.start) == (31.0, 10.0, 7.0)
    assert (measure.between, measure.outside, measure.training) == (0.5, 2.5, 24.0)
    assert measure.rate == pytest.approx(120 / 31)
    assert measure.rate_begun == pytest.approx(120 / 21)
    # 8 workers: 24 s of training and 3 times 2.5 s beside it, divided by 8.
    assert f"about {8 * 120 / 31.5:.0f} run-steps per second" in expect([measure], [measure])
    assert f"1/{31 / (10 + 31.5 / 8):.1f} of the time" in expect([measure], [measure])


@pytest.mark.parametrize(
    ("devices", "counts"), [(1, [2]), (2, [2]), (4, [2, 4]), (6, [2, 4, 6]), (8, [2, 4, 8]), (9, [2, 4, 8, 9])]
)
def test_workers_up_to_devices(devices, counts):
    assert default_counts(devices) == counts
