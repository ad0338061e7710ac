"""When a GPU replays a step; what it replays is tested in test_fleet_step.py."""

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch

from sharegap.training.captured_step import WARM_UP_STEPS, CapturedStep
from sharegap.training.fleet_step import FleetStep


@pytest.fixture
def log(monkeypatch):
    """What a step's commands would do on a GPU, in order: "taken", "captured", "replayed"."""
    log, capturing = [], []
    monkeypatch.setattr(FleetStep, "take", lambda _: log.append("captured" if capturing else "taken"))

    @contextmanager
    def capture(_):
        capturing.append(True)
        yield
        capturing.pop()

    stream = SimpleNamespace(wait_stream=lambda _: None)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: log.append("replayed")))
    monkeypatch.setattr(torch.cuda, "graph", capture)
    return log


def step_of(optimizer):
    step = CapturedStep.__new__(CapturedStep)
    step.optimizer = optimizer([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    return step


def warmed_up_step():
    step = step_of(torch.optim.Adam)
    for _ in range(WARM_UP_STEPS):
        step.take()
    return step


@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD])
def test_a_step_is_captured_once_and_replayed(log, optimizer):
    step = step_of(optimizer)
    for _ in range(WARM_UP_STEPS + 2):
        step.take()
    assert log == ["taken"] * WARM_UP_STEPS + ["captured", "replayed", "replayed"]


def test_unknown_optimizer_is_not_captured(log):
    step = step_of(torch.optim.SparseAdam)
    with pytest.warns(UserWarning, match="no CUDA graph is captured: SparseAdam has no option capturable"):
        step.take()
    for _ in range(WARM_UP_STEPS):
        step.take()
    assert log == ["taken"] * (1 + WARM_UP_STEPS)


def test_step_that_cannot_be_captured_is_taken(monkeypatch, log):
    @contextmanager
    def capture(_):
        raise RuntimeError("operation not permitted when stream is capturing\nmore")
        yield

    monkeypatch.setattr(torch.cuda, "graph", capture)
    step = warmed_up_step()
    with pytest.warns(UserWarning, match="captured: operation not permitted when stream is capturing$"):
        step.take()
    step.take()
    assert log == ["taken"] * (WARM_UP_STEPS + 2)


def test_warning_says_what_cannot_be_captured(monkeypatch, log):
    """At its end a capture fails again, with an error that says no more."""

    @contextmanager
    def capture(_):
        try:
            raise RuntimeError("this command waits for the device")
        finally:
            raise RuntimeError("failed due to a previous error")
        yield

    monkeypatch.setattr(torch.cuda, "graph", capture)
    step = warmed_up_step()
    with pytest.warns(UserWarning, match="captured: this command waits for the device$"):
        step.take()
