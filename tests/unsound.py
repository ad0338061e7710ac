"""A suite of one's own with trainings that fail: they raise, fill the disk, or take memory for few runs only."""

from pathlib import Path

import pytest

MODULE = """
import errno
import os
from pathlib import Path

import torch


class Counting(torch.optim.SGD):
    steps = 0

    def step(self, closure=None):
        self.steps += 1
        return super().step(closure)


class Raising(Counting):
    def step(self, closure=None):
        if self.steps > 12 and not Path("mended").exists():
            raise RuntimeError("no good\\nat all")
        return super().step(closure)


class Full(Counting):
    def step(self, closure=None):
        if self.steps > 12 and not Path("mended").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "disk")
        return super().step(closure)


class Hungry(Counting):
    def step(self, closure=None):
        if self.steps > 2 and len(self.param_groups[0]["params"][0]) > int(Path("room").read_text()):
            raise MemoryError
        return super().step(closure)
"""
SUITE = """# Of two studies, one fails.
name: own
seeds: 3
trials: 1
methods: [none]
anchors: false
studies:
  sound: [dataset=mnist1d, model=local1d]
  unsound: [dataset=mnist1d, model=local1d, optimizer=sgd, optimizer.build._target_=unsound_module.{optimizer}]
overrides: [training.steps=40, training.evaluations=2, dataset.n_train=100, dataset.n_validation=100]
"""


def write_suite(folder: Path, optimizer: str) -> list[str]:
    """Write the module and the suite, with an optimizer of the module's; return the words of its command."""
    (folder / "unsound_module.py").write_text(MODULE)
    (folder / "conf" / "suite").mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "suite" / "own.yaml").write_text(SUITE.format(optimizer=optimizer))
    return ["bench", "suite=own", "--config-dir", "conf", "logger=none", "out=out", "executor=inline"]


@pytest.fixture
def unsound(tmp_path, monkeypatch, command):
    """`unsound("Raising", ...)`: the suite's command in a folder of its own, with further options."""
    monkeypatch.chdir(tmp_path)
    return lambda optimizer, *options: command(*write_suite(tmp_path, optimizer), *options)
