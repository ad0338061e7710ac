"""How long a fleet will train, from a few of its steps."""

import itertools

import pytest
import torch

from sharegap.execute import build, timing
from sharegap.execute.build import build_fleet
from sharegap.execute.check import check_runs
from sharegap.training.fleet_step import FleetStep
from tests.helpers import make_run

RUNS = [make_run("regularizer=[dropout,early_stopping]", f"seed={seed}") for seed in range(2)]


class StepClock:
    """Time goes on by `step` with each look at it."""

    def __init__(self, step):
        self.ticks, self.step = itertools.count(), step

    def __call__(self):
        return next(self.ticks) * self.step


def test_steps_evaluations_and_the_test_add_up():
    # A step, a validation and what is left of an evaluation are one, one and three looks at the clock apart.
    # The test is one validation per snapshot here: no part has more samples than a curve takes.
    steps, evaluations, validations = 50, 5, 2
    expected = steps * 2.0 + evaluations * 3 * 2.0 + validations * 2.0
    assert timing.estimate_seconds(build_fleet(RUNS), {"accelerator": "cpu"}, StepClock(2.0)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("interval", "length", "done"), [(50, 0.0, 2 + timing.MAX_STEPS), (50, 1.0, 2 + timing.MIN_STEPS), (2, 0.0, 2)]
)
def test_no_more_steps_are_taken_than_it_needs(interval, length, done):
    run = make_run("training.steps=100", f"training.evaluations={100 // interval}")
    fleet = build_fleet([run])
    timing.estimate_seconds(fleet, {"accelerator": "cpu"}, StepClock(length))
    assert fleet.global_step == done


def test_steps_that_warm_up_are_not_counted(monkeypatch):
    """Though they take so long that no more would be timed, as the first ones on a GPU do."""
    monkeypatch.setattr(FleetStep, "warm_up_steps", 4)
    times = itertools.chain([0.0, 9.0, 18.0, 27.0, 36.0], itertools.count(37.0))
    fleet = build_fleet([make_run("training.steps=100", "training.evaluations=2")])
    timer = timing.StepTimer(fleet, lambda: next(times))
    timing.make_trainer(fleet, {"accelerator": "cpu"}, timer).fit(fleet, fleet.data)
    assert fleet.global_step == 4 + timing.MIN_STEPS
    assert timer.step_seconds == 1.0


def test_timing_changes_no_figure(trained):
    """Timing changes no figure and no random number."""
    expected = trained(*RUNS)[1]
    state = torch.get_rng_state()
    timing.estimate_seconds(build_fleet(RUNS), {"accelerator": "cpu"})
    assert torch.equal(torch.get_rng_state(), state)
    rows = trained(*RUNS)[1]
    for row in [*expected, *rows]:
        row.pop("train_seconds")
    assert rows == expected


def test_of_several_processes_one_is_timed():
    options = {"accelerator": "cpu", "devices": 2, "strategy": "ddp"}
    assert timing.estimate_seconds(build_fleet(RUNS), options) > 0


def test_timing_builds_no_network(trained, monkeypatch):
    """A fleet is timed without building networks."""
    fleet = [make_run("training.steps=100", f"seed={seed}") for seed in range(2)]
    checked = check_runs(fleet)[fleet[0].structure]
    with monkeypatch.context() as patch:
        patch.setattr(build, "build_objective", lambda _: pytest.fail("a network was built"))
        estimated = timing.time_fleet(fleet, checked, {"accelerator": "cpu"})
    taken = sum(row["train_seconds"] for row in trained(*fleet)[1])
    # Other people's programs may take their turns while either is measured.
    assert taken / 3 < estimated < 3 * taken + 1
