"""The check of a model finds what is broken in one from outside."""

import pytest

from sharegap.testing import check_model
from tests.testing.planted import plant

SOUND = """
import torch
from torch import nn
from sharegap.models import Network
from sharegap.models.network import require_shapes, subsample
from sharegap.sharing import SharedLinear, Site

class Mine(Network):
    '''Each row of an image through a matrix of its own; the mean of rows, and a head.'''
    def __init__(self, spec, *, width):
        super().__init__()
        require_shapes(spec, len(spec.sample_shape) == 3 and len(spec.output_shape) == 1, "images")
        channels, rows, columns = spec.sample_shape
        site = Site("rows", (rows,))
        self.rows = rows
        self.layer = SharedLinear(spec.sharing, site, channels * columns, width)
        self.hidden_layer = spec.make_hidden_layer()
        self.head = nn.Linear(width, spec.output_shape[0])

    def outputs(self, x):
        x = x.transpose(1, 2).flatten(2)
        return self.head(self.hidden_layer(self.layer(x).tanh()).mean(1))

    def representations(self, x):
        x = subsample(x.transpose(1, 2).flatten(2).flatten(0, 1))
        return self.layer(x.unsqueeze(1)).expand(-1, self.rows, -1).transpose(0, 1)
"""
OPTIONS = """
name: mine
scaled_sizes: [width]
network:
  _target_: {module}.Mine
  width: 64
"""
FAULTS = {
    "ignores the batch": (
        "        x = x.transpose(1, 2).flatten(2)\n        return",
        "        x = 0 * x.transpose(1, 2).flatten(2)\n        return",
        "must give outputs that depend on the samples",
    ),
    "mixes the batch": (
        "self.layer(x).tanh()",
        "(self.layer(x) - self.layer(x).mean(0)).tanh()",
        "must give each sample the outputs that it gets alone",
    ),
    "output shape": (
        "spec.output_shape[0])",
        "3)",
        r"must give outputs \(batch, \*output_shape\) = \(6, 10\), got \(6, 3\)",
    ),
    "no site": (
        "SharedLinear(spec.sharing, site, channels * columns, width)",
        "nn.Linear(channels * columns, width)",
        "must have a site of two or more copies",
    ),
    "two sites": (
        "self.rows = rows",
        "self.rows, self.other = rows, SharedLinear(spec.sharing, Site('more', (2,)), 1, 1)",
        r"must have one site, got \['more', 'rows'\]",
    ),
    "depth": ('Site("rows", (rows,))', 'Site("rows", (rows,), depth=1)', r"by depth, .*, got \[1\]"),
    "unused weight": (
        "self.rows = rows",
        "self.rows, self.unused = rows, nn.Parameter(torch.ones(1))",
        "must use all its parameters, got no gradient for unused",
    ),
    "hidden layer": (
        "self.hidden_layer(self.layer(x).tanh())",
        "self.layer(x).tanh()",
        r"must put a layer of make_hidden_layer .*, got 1 layers and calls \[0\]",
    ),
    "counts the copies": (
        "self.layer(x).tanh()).mean(1)",
        "self.layer(x[:, :1]).tanh()).sum(1)",
        "must give the outputs of hard sharing where all copies are equal",
    ),
    "representations": (".transpose(0, 1)\n", "\n", "must have representations"),
    "too many represented": ("x = subsample(", "x = (", "must represent at most 1000 samples, got"),
    "branch on a tensor": (
        "        x = x.transpose(1, 2).flatten(2)\n        return",
        "        x = x.transpose(1, 2).flatten(2)\n        assert x.sum() < 1e9\n        return",
        "running under torch.func.vmap raised RuntimeError",
    ),
}


def check(folder, monkeypatch, code):
    check_model("mine", plant(folder, monkeypatch, "model", "mine", code, OPTIONS))


def test_passes_a_sound_one(tmp_path, monkeypatch):
    check(tmp_path, monkeypatch, SOUND)


@pytest.mark.parametrize(("sound", "broken", "sentence"), FAULTS.values(), ids=FAULTS)
def test_finds_the_fault(tmp_path, monkeypatch, sound, broken, sentence):
    code = SOUND.replace(sound, broken)
    assert code != SOUND
    with pytest.raises(AssertionError, match=rf"^model=mine .*{sentence}") as raised:
        check(tmp_path, monkeypatch, code)
    assert "\n" not in str(raised.value)


def test_data_of_another_kind_are_named(tmp_path, monkeypatch):
    code = SOUND.replace("len(spec.sample_shape) == 3", "len(spec.sample_shape) == 5")
    with pytest.raises(AssertionError, match=r"name data that fit, e\.g\. overrides="):
        check(tmp_path, monkeypatch, code)
