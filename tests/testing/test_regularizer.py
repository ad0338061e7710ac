"""The check of a regularizer finds what is broken in one from outside."""

import pytest

from sharegap.testing import check_regularizer
from sharegap.testing.regularizer import check_grid_trains, check_range_and_grid, check_regularizer_with_model
from tests.testing.planted import plant

HEADER = """
import torch
from torch import nn
from sharegap.errors import UserError
from sharegap.regularizers import NoiseLayer, Regularizer

class Mine(Regularizer):
"""
OPTIONS = """
mine:
  _target_: {module}.Mine
  strength: 0.1
  range: "[0, inf)"
  grid: [0.01, 0.1, 1]
"""
SOUND = """
    def transform_loss(self, losses, outputs, targets, task):
        return losses + self.strength * outputs.flatten(1).square().mean(1)
"""
FAULTS = {
    "not off": (
        SOUND.replace("self.strength *", "(0.1 + self.strength) *"),
        r"at strength 0\.0 must train as there is no regularizer",
    ),
    "if": (
        SOUND.replace("        return", "        if self.strength == 0:\n            return losses\n        return"),
        "must train in a fleet, under torch.func.vmap: use strength as a tensor, never in an `if`",
    ),
    "evaluation": (
        """
    def make_hidden_layer(self):
        return Layer(self.strength)

class Layer(NoiseLayer):
    def forward(self, x):
        return x + self.strength * torch.ones_like(x)
""",
        "must do nothing in evaluation",
    ),
    "own generator": (
        """
    def make_hidden_layer(self):
        return Layer(self.strength)

GENERATOR = torch.Generator()

class Layer(NoiseLayer):
    def apply_noise(self, x, noise):
        return x + self.strength * float(torch.randn((), generator=GENERATOR))
""",
        "the network must give the same loss for the same samples in training, got two",
    ),
    "not finite": (
        """
    def transform_loss(self, losses, outputs, targets, task):
        return losses * self.strength / self.strength
""",
        r"at strength 0\.0 must train as there is no regularizer",
    ),
    "own error": (
        "    def make_hidden_layer(self):\n        raise KeyError('lost')\n",
        "building it raised KeyError: 'lost'",
    ),
    "serves nothing": (
        "    def make_hidden_layer(self):\n        raise UserError('not here')\n",
        "must serve a model, got a refusal of each of them",
    ),
    "class without range": (
        "    def __init__(self, strength):\n        nn.Module.__init__(self)\n"
        "        self.register_buffer('strength', torch.tensor(float(strength)))\n",
        r"must refuse strengths outside \[0, inf\), got none of -inf",
    ),
}


def check(folder, monkeypatch, code, options=OPTIONS):
    check_regularizer("mine", plant(folder, monkeypatch, "regularizer", "mine", HEADER + code, options))


def test_passes_a_sound_one(tmp_path, monkeypatch):
    config_dir = plant(tmp_path, monkeypatch, "regularizer", "mine", HEADER + SOUND, OPTIONS)
    check_range_and_grid("mine", config_dir)
    assert check_regularizer_with_model("mine", "local2d", config_dir)
    check_grid_trains("mine", "local2d", config_dir)


@pytest.mark.parametrize(("code", "sentence"), FAULTS.values(), ids=FAULTS)
def test_finds_the_fault(tmp_path, monkeypatch, code, sentence):
    with pytest.raises(AssertionError, match=rf"^regularizer=mine .*({sentence})") as raised:
        check(tmp_path, monkeypatch, code)
    assert "\n" not in str(raised.value)


def test_a_strength_that_does_not_learn(tmp_path, monkeypatch):
    """Of the grid, which is tried last."""
    code = SOUND.replace(
        "losses + self.strength * outputs.flatten(1).square().mean(1)", "losses * (1 - 2 * self.strength)"
    )
    config_dir = plant(tmp_path, monkeypatch, "regularizer", "mine", HEADER + code, OPTIONS)
    with pytest.raises(AssertionError, match=r"at strength 1(\.0)? must learn, got a training loss from"):
        check_grid_trains("mine", "local2d", config_dir)


YAML_FAULTS = {
    "[0.01, 0.1, 1]": ("[1, 0.1, 0.01]", r"must have a grid from weak to strong, away from off=0\.0"),
    '  range: "[0, inf)"\n': ("", r"must have strength, range and grid in its YAML, lacks \['range'\]"),
    "[0, inf)": ("[0, 1]", r"must have the strength_range of its class as range, \[0, inf\), got \[0, 1\]"),
    "mine:": ("other:", "must have the one key mine in its YAML"),
}


@pytest.mark.parametrize(("line", "wrong", "sentence"), [(line, *fault) for line, fault in YAML_FAULTS.items()])
def test_finds_the_fault_in_the_yaml(tmp_path, monkeypatch, line, wrong, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check(tmp_path, monkeypatch, SOUND, OPTIONS.replace(line, wrong))
