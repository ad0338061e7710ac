"""Numbers too small to be normal count as zero in all threads: those that exist before take no setting over."""

import pytest
import torch

from sharegap.errors import UserError
from sharegap.execute import check

COMMANDS = [
    ["run"],
    ["run", "-m", "seed=0,1"],
    ["run", "-m", "logger.mode=offline,online", "logger=wandb"],
    ["bench", "suite=smoke"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_denormals_are_set_before_anything(command, monkeypatch, words):
    events = []

    def build(_):
        events.append("build")
        raise UserError("enough")

    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: events.append("set"))
    monkeypatch.setattr(check, "build_objective", build)
    assert "enough" in command(*words).err
    assert events[0] == "set"
    assert events[-1] == "build"
