"""What a suite says before it trains: how much there is to do, and about how long it takes."""

import math
from datetime import datetime

import pytest

from sharegap.execute import lead, worker
from sharegap.execute.estimate import MAX_SECONDS, MAX_SHARE, NEGLIGIBLE_SECONDS, announcement, seconds_of, time_some
from sharegap.execute.packing import pack
from tests.command_line import SMOKE
from tests.helpers import make_run

NOON = datetime(2024, 2, 28, 12)


class Machine:
    """Takes `price` milliseconds per run-step, by its config; timing a fleet takes `timing` of its time."""

    def __init__(self, price, timing):
        self.price, self.timing, self.now, self.timed = price, timing, 0.0, []

    def true(self, fleet):
        config = fleet[0].config
        return 1e-3 * self.price(config) * len(fleet) * config["training"]["steps"]

    def time_fleet(self, fleet):
        self.timed.append(fleet)
        self.now += self.timing * self.true(fleet)
        return self.true(fleet)

    def estimate(self, fleets):
        return seconds_of(fleets, time_some(fleets, self.time_fleet, lambda: self.now))


def contest(*methods, seeds):
    """A fleet for each method, in three studies."""
    studies = [["model=local1d"], ["model=patches"], ["model=recurrent", "training.steps=500"]]
    return pack(
        make_run(*study, *method).with_numbers({"seed": seed})
        for study in studies
        for method in methods
        for seed in range(seeds)
    )


METHODS = [
    [],
    ["sharing=hard"],
    *([f"regularizer=[{name}]"] for name in ("l2", "dropout", "early_stopping", "input_noise", "augmentation")),
    ["method=ensemble"],
]


def by_model(config):
    """A recurrent network's steps take longest; dropout costs more, and each member of an ensemble its part."""
    model = {"local1d": 1.0, "patches": 0.3, "recurrent": 4.0}[config["model"]["name"]]
    return model * (1.5 if "dropout" in config["regularizer"] else 1.0) * config["model"]["ensemble_size"]


def test_estimate_of_timed_fleets_is_exact():
    """Where every fleet is timed nothing is guessed."""
    machine, fleets = Machine(by_model, timing=0), contest(*METHODS, seeds=3)
    assert len(fleets) == 24
    assert machine.estimate(fleets) == pytest.approx([machine.true(fleet) for fleet in fleets])
    assert len(machine.timed) == 24


def test_few_timings_are_near_the_whole():
    machine, fleets = Machine(by_model, timing=0.03), contest(*METHODS, seeds=3)
    total = sum(machine.estimate(fleets))
    assert total == pytest.approx(sum(map(machine.true, fleets)), rel=0.3)
    assert machine.now <= max(NEGLIGIBLE_SECONDS, MAX_SHARE * total)
    assert len({fleet[0].config["model"]["name"] for fleet in machine.timed}) == 3
    assert 3 < len(machine.timed) < 24


def test_an_estimate_of_hours_takes_seconds():
    machine = Machine(lambda config: 1000 * by_model(config), timing=2.5e-4)
    fleets = contest(*METHODS, seeds=3)
    machine.estimate(fleets)
    assert MAX_SHARE * sum(map(machine.true, fleets)) > 50 * MAX_SECONDS
    assert 3 < len(machine.timed) < 24
    assert machine.now <= 1.2 * MAX_SECONDS


def test_timings_follow_time_at_stake():
    """Most timings go where most time is at stake."""
    machine, fleets = Machine(by_model, timing=0.03), contest(*METHODS, seeds=3)
    machine.estimate(fleets)
    timed = [fleet[0].config["model"]["name"] for fleet in machine.timed]
    assert timed.count("recurrent") > timed.count("patches")


def test_fleets_of_one_structure_are_timed_once():
    machine, fleets = Machine(by_model, timing=0), contest([], seeds=100)
    assert [len(fleet) for fleet in fleets] == [50] * 6
    assert machine.estimate(fleets) == pytest.approx([machine.true(fleet) for fleet in fleets])
    assert len(machine.timed) == 3


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "about 1 s (to about 12:00)"),
        (95, "about 95 s (to about 12:01)"),
        (14 * 60, "about 14 min (to about 12:14)"),
        (3.1 * 3600, "about 3 h 06 min (to about 15:06)"),
        (36 * 3600, "about 36 h 00 min (to about Fri 01 Mar 00:00)"),
    ],
)
def test_announcement_counts_and_ends(seconds, said):
    """The announcement counts and says until when."""
    one, more = [make_run()], [make_run()] * 1200
    assert announcement([one], seconds, NOON) == f"1 fleet, 1 run to train: {said}"
    assert announcement([one, more], seconds, NOON) == f"2 fleets, 1,201 runs to train: {said}"


def test_announcement_tells_what_follows():
    said = announcement([[make_run()] * 30], 20, NOON, to_come=12)
    assert said == "1 fleet, 30 runs to train: about 20 s; then about 12 more runs: about 28 s in all (to about 12:00)"


def test_resumed_suite_counts_what_is_left(command, monkeypatch):
    """Of a fleet that was begun, what its checkpoint has not done yet."""
    monkeypatch.setattr(
        lead, "time_some", lambda fleets, _: dict.fromkeys([fleet[0].structure for fleet in fleets], 0.2)
    )
    real = worker.fit

    def interrupted(fleet, options, checkpoint, report):
        def stop(steps):
            if fleet.global_step == 15:  # of 20
                raise KeyboardInterrupt
            report(steps)

        return real(fleet, options, checkpoint, stop)

    inline = [*SMOKE, "executor=inline"]
    with monkeypatch.context() as patch:
        patch.setattr(worker, "fit", interrupted)
        patch.setattr("sharegap.training.fit.CHECKPOINT_SHARE", math.inf)  # one after each step
        result = command("bench", *inline)
    assert result.code != 0
    assert "4 fleets, 4 runs to train: about 80 s" in result.err  # 5 units of work a step, 20 steps, 0.2 s
    result = command("bench", *inline)
    assert result.code == 0
    assert "4 fleets, 4 runs to train: about 66 s" in result.err  # 14 steps are done
    assert "100%" in result.err  # the bar reaches its end
    assert "to train" not in command("bench", *inline).err


def test_one_run_is_trained_at_once(command, monkeypatch):
    monkeypatch.setattr(lead, "time_some", lambda *_: pytest.fail("timed"))
    result = command("run", "training.steps=20", "training.evaluations=2", "dataset.n_train=100")
    assert result.code == 0
    assert "to train" not in result.err
