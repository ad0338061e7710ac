"""A signal ends a training after a step, with a checkpoint of it, from which it ends as if nothing had been."""

import os
import signal
import sys

import pytest
import torch

from sharegap import signals
from sharegap.execute.build import build_fleet
from sharegap.training.fit import fit
from tests.helpers import make_run

OPTIONS = {"accelerator": "cpu", "precision": "32-true"}
STEPS, INTERVAL = 40, 10


def make_fleet():
    small = [f"training.steps={STEPS}", "training.evaluations=4", "regularizer=[dropout]"]
    return build_fleet([make_run(*small, f"seed={seed}") for seed in range(2)])


def without_times(rows):
    return [{name: value for name, value in row.items() if name != "train_seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return without_times(fit(make_fleet(), OPTIONS, tmp_path_factory.mktemp("whole") / "fleet.ckpt"))


@pytest.mark.parametrize("step", [1, 7, INTERVAL, 15, STEPS - 1, STEPS])
def test_stopped_training_ends_the_same(tmp_path, monkeypatch, whole, step):
    """Also where the signal comes in the last step before an evaluation, which is then done first."""
    received = []
    monkeypatch.setattr(signals, "_received", received)
    fleet, checkpoint = make_fleet(), tmp_path / "fleet.ckpt"

    def interrupt(_):
        if fleet.global_step == step:
            received.append(signal.SIGTERM)

    with pytest.raises(signals.Terminated) as stop:
        fit(fleet, OPTIONS, checkpoint, interrupt)
    assert stop.value.code == 128 + signal.SIGTERM
    assert torch.load(checkpoint, weights_only=True)["global_step"] == step
    received.clear()
    assert repr(without_times(fit(make_fleet(), OPTIONS, checkpoint))) == repr(whole)


@pytest.fixture
def handlers(monkeypatch):
    """The handlers of a command, until the test ends."""
    before = {number: signal.getsignal(number) for number in signals.SIGNALS}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(signals, "_received", [])
    signals.end_on_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_signal_waits_for_the_evaluation(tmp_path, number):
    """Also one that Lightning would handle."""
    fleet, checkpoint = make_fleet(), tmp_path / "fleet.ckpt"

    def interrupt(_):
        if fleet.global_step == INTERVAL:
            os.kill(os.getpid(), number)

    with pytest.raises(signals.Terminated) as stop:
        fit(fleet, OPTIONS, checkpoint, interrupt)
    assert stop.value.code == 128 + number
    assert torch.load(checkpoint, weights_only=True)["global_step"] == INTERVAL
