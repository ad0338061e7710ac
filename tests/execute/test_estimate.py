"""What a suite says before it trains: how much there is to do, and about how long it takes."""

from datetime import datetime

import pytest

from sharegap.execute import runner
from sharegap.execute.estimate import MAX_SECONDS, MAX_SHARE, NEGLIGIBLE_SECONDS, announcement, estimate, work
from sharegap.execute.pack import pack
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

    def estimate(self, fleets, left=None, rates=None):
        return estimate(fleets, left or [1.0] * len(fleets), self.time_fleet, rates or {}, lambda: self.now)


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


def test_what_is_done_of_a_fleet_does_not_count():
    machine, fleets = Machine(by_model, timing=0), contest([], ["sharing=hard"], seeds=2)
    parts = [1.0, 0.25, 0.0, 1.0, 1.0, 0.0]
    expected = [part * machine.true(fleet) for part, fleet in zip(parts, fleets, strict=True)]
    assert machine.estimate(fleets, parts) == pytest.approx(expected)
    assert machine.estimate(fleets, [0.0] * 6) == [0.0] * 6


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


def test_what_was_trained_is_not_timed():
    """The next phase of a search goes by the time that the one before took."""
    machine, fleets = Machine(by_model, timing=0), contest([], ["sharing=hard"], seeds=2)
    rates = {fleet[0].structure: machine.true(fleet) / work(fleet) for fleet in fleets[1:]}
    assert machine.estimate(fleets, rates=rates) == pytest.approx([machine.true(fleet) for fleet in fleets])
    assert machine.timed == fleets[:1]


def test_resumed_suite_counts_missing_runs(command, monkeypatch):
    """A suite is announced and one that goes on counts what is missing."""
    lefts = []
    monkeypatch.setattr(runner, "estimate", lambda fleets, left, *_: lefts.append(left) or [left[0], 10, 20, 30])
    real = runner.fit

    def interrupted(fleet, options, checkpoint, report):
        def stop(steps):
            if fleet.global_step == 15:  # of 20; the last evaluation was at 10
                raise KeyboardInterrupt
            report(steps)

        return real(fleet, options, checkpoint, stop)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "fit", interrupted)
        result = command("bench", *SMOKE)
    assert result.code != 0
    assert "4 fleets, 4 runs to train: about 61 s" in result.err
    result = command("bench", *SMOKE)
    assert result.code == 0
    assert "about 60 s" in result.err  # 60.5, to the even
    assert "100%" in result.err  # the bar reaches its end
    assert lefts == [[1.0, 1.0, 1.0, 1.0], [0.5, 1.0, 1.0, 1.0]]
    assert "to train" not in command("bench", *SMOKE).err


def test_one_run_is_trained_at_once(command, monkeypatch):
    monkeypatch.setattr(runner, "estimate", lambda *_: pytest.fail("timed"))
    result = command("run", "training.steps=20", "training.evaluations=2", "dataset.n_train=100")
    assert result.code == 0
    assert "to train" not in result.err
