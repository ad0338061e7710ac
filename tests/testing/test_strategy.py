"""The check of a strategy finds what is broken in one from outside."""

import pytest

from sharegap.errors import UserError
from sharegap.testing import check_strategy
from sharegap.testing.strategy import check_strategy_at_site, check_strengths
from tests.testing.planted import plant

HEADER = """
import torch
from torch import nn
from sharegap.errors import UserError
from sharegap.sharing import Independent, SharingStrategy
from sharegap.sharing.strategy import init_copies

"""
OPTIONS = """
name: mine
strength: 0.01
range: "[0, inf)"
grid: [0.001, 0.01, 0.1]
tunes: sharing.strength
strategy:
  _target_: {module}.Mine
  _partial_: true
"""
SOUND = """
class Mine(Independent):
    approaches_hard = True
    def penalty(self):
        return (self.value - self.value.mean(0)).square().sum() / 2
"""
FAULTS = {
    "shape": (
        SOUND + "    def forward(self):\n        return self.value[:-1]\n",
        r"must return \(copies, \*shape\) = \(2, 40, 50\), got \(1, 40, 50\)",
    ),
    "NaN penalty": (
        "class Mine(Independent):\n    def penalty(self):\n        return (-self.value.square().sum()).sqrt()\n",
        "must have a penalty that is a finite scalar, got nan",
    ),
    "penalty of many numbers": (
        "class Mine(Independent):\n    def penalty(self):\n        return self.value.square().sum(0)\n",
        "must have a penalty that is a finite scalar, got ",
    ),
    "weak end": (
        SOUND + "    def forward(self):\n        return 0.99 * self.value + 0.01 * self.value.mean(0)\n",
        "must train as sharing=independent does at strength 0, bit for bit, got another",
    ),
    "never hard": (
        SOUND.replace("(self.value - self.value.mean(0)).square().sum() / 2", "self.value.sum()"),
        "says that it approaches_hard: copies must become equal at strength 10, got distances",
    ),
    "own generator": (
        SOUND
        + """
    def __init__(self, site, shape, init):
        super().__init__(site, shape, init)
        generator = torch.Generator().manual_seed(0)
        self.value.data.normal_(std=0.3, generator=generator)
""",
        "must draw from PyTorch's default generator alone",
    ),
    "unseeded generator": (
        SOUND
        + """
    def __init__(self, site, shape, init):
        super().__init__(site, shape, init)
        generator = torch.Generator()
        generator.seed()
        self.value.data.normal_(std=0.3, generator=generator)
""",
        "must draw from PyTorch's default generator alone",
    ),
    "spread": (
        SOUND
        + """
    def __init__(self, site, shape, init):
        super().__init__(site, shape, init)
        self.value.data.mul_(2)
""",
        r"must start with the spread of init, 0\.3, got 0\.(5[5-9]|6[0-5])",
    ),
    "gradient": (
        "class Mine(Independent):\n    def penalty(self):\n        return (self.value.detach() * self.value).sum()\n",
        "gradients must agree with finite differences",
    ),
    "branch on a tensor": (
        SOUND.replace(
            "        return (", "        if self.value.sum() > 1e9:\n            return None\n        return ("
        ),
        "raised .*vmap|must train in a fleet",
    ),
    "state outside": (
        """
class Mine(Independent):
    def pull(self, lr, steps):
        self.steps = getattr(self, "steps", 0) + 1
        self.value.mul_(1 - lr * self.strength * self.steps)
""",
        "after a step .* must be the same for the same parameters, .*: keep all state in parameters and buffers",
    ),
    "shared value": (
        SOUND + "    @property\n    def shared_value(self):\n        return self.value[0]\n",
        "must have a shared_value that equals every copy",
    ),
    "start": (
        SOUND + "    def set_copies(self, copies):\n        self.value.copy_(copies.mean(0))\n",
        "set_copies must take copies that the strategy can represent as they are, got others",
    ),
    "refusal": (
        "class Mine(Independent):\n    def __init__(self, site, shape, init):\n        raise UserError('no')\n",
        "must say which site it refuses, .*, got: no",
    ),
    "own error": (
        "class Mine(Independent):\n    def __init__(self, site, shape, init):\n        raise KeyError('lost')\n",
        "building it raised KeyError: 'lost'",
    ),
    "serves nothing": (
        "class Mine(Independent):\n    def __init__(self, site, shape, init):\n        raise UserError(site.name)\n",
        "must serve the site of a model, got a refusal at each of them",
    ),
}


def check(folder, monkeypatch, code, options=OPTIONS):
    check_strategy("mine", plant(folder, monkeypatch, "sharing", "mine", HEADER + code, options))


def test_passes_a_sound_one(tmp_path, monkeypatch):
    config_dir = plant(tmp_path, monkeypatch, "sharing", "mine", HEADER + SOUND, OPTIONS)
    check_strengths("mine", config_dir)
    assert check_strategy_at_site("mine", "local2d", config_dir)


@pytest.mark.parametrize(("code", "sentence"), FAULTS.values(), ids=FAULTS)
def test_finds_the_fault(tmp_path, monkeypatch, code, sentence):
    with pytest.raises(AssertionError, match=rf"^sharing=mine .*({sentence})") as raised:
        check(tmp_path, monkeypatch, code)
    assert "\n" not in str(raised.value)


YAML_FAULTS = {
    "[0.001, 0.01, 0.1]": ("[0.1, 0.01, 1]", "must have a grid from weak to strong"),
    'range: "[0, inf)"': ("", "must declare the range of its strength"),
    "[0, inf)": ("[-5, inf)", "must refuse the strength -1"),
    "name: mine": ("name: other", "must have name: mine in its YAML, got other"),
}


@pytest.mark.parametrize(("line", "wrong", "sentence"), [(line, *fault) for line, fault in YAML_FAULTS.items()])
def test_finds_the_fault_in_the_yaml(tmp_path, monkeypatch, line, wrong, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check(tmp_path, monkeypatch, SOUND, OPTIONS.replace(line, wrong))


def test_default_outside_the_range(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"sharing\.strength must be in \[0, inf\), got -2"):
        check(tmp_path, monkeypatch, SOUND, OPTIONS.replace("strength: 0.01", "strength: -2"))
