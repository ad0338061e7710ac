"""The check of a data set finds what is broken in one from outside."""

import pytest

from sharegap.testing import check_dataset
from tests.testing.planted import plant

CODE = """
import numpy as np
import torch
from sharegap.data.dataset import Dataset

def mine():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(300, 1, 6, 6, generator=generator), torch.arange(300) % 3
    parts = dict(x=x[:200], y=y[:200], x_test=x[200:], y_test=y[200:], classes=3)
    groups, strata = np.arange(200) // 2, None
    return Dataset(**parts, groups=groups, strata=strata)
"""
OPTIONS = """
# @package _global_
dataset:
  name: mine
  n_train: 100
  n_validation: 50
  load:
    _target_: {module}.mine
  task:
    _target_: sharegap.tasks.ClassificationTask
  augmentation: null
"""
END = "    groups, strata = np.arange(200) // 2, None\n"
FAULTS = {
    "NaN": (END, END + "    parts['x'][3, 0, 1, 2] = torch.nan\n", "x must be finite, got 1 numbers that are NaN"),
    "dtype": (END, END + "    parts['x_test'] = parts['x_test'].double()\n", "x_test must be float32 or int64, got"),
    "class": (END, END + "    parts['y'][0] = 3\n", "y must be class numbers from 0 to 2, got torch.int64 from 0 to 3"),
    "lengths": (
        END,
        END + "    parts['y'] = parts['y'][1:]\n",
        "must have as many samples as targets, .* 200 x and",
    ),
    "shapes": (END, END + "    parts['x_test'] = parts['x_test'][..., 1:]\n", "must have one shape in both parts"),
    "chance": ("generator=generator", "generator=None", "must be the same whenever it is loaded, got another x"),
    "leak": (END, END + "    parts['x_test'][:9] = parts['x'][:9]\n", "got 9 of 100 test samples that are training"),
    "groups": (
        "groups, strata = np.arange(200) // 2, None",
        "groups, strata = None, np.arange(7)",
        "must have a number in strata for each",
    ),
    "own error": (END, END + "    raise KeyError('lost')\n", "loading it raised KeyError: 'lost'"),
    "no data set": ("return Dataset(", "return dict(", r"must be a sharegap\.data\.dataset\.Dataset, got dict"),
}
YAML_FAULTS = {
    "name: mine": ("name: other", "must have name: mine in its YAML, got other"),
    "n_train: 100": ("n_train: 190", r"dataset\.n_train must be from 1, one per class, to 150"),
    "ClassificationTask": ("VerificationTask", "must fit a model, got a refusal of each of"),
}


def check(folder, monkeypatch, code, options=OPTIONS):
    check_dataset("mine", plant(folder, monkeypatch, "dataset", "mine", code, options))


def test_passes_a_sound_one(tmp_path, monkeypatch):
    check(tmp_path, monkeypatch, CODE)


@pytest.mark.parametrize(("sound", "broken", "sentence"), FAULTS.values(), ids=FAULTS)
def test_finds_the_fault(tmp_path, monkeypatch, sound, broken, sentence):
    code = CODE.replace(sound, broken)
    assert code != CODE
    with pytest.raises(AssertionError, match=rf"^dataset=mine.*{sentence}") as raised:
        check(tmp_path, monkeypatch, code)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("line", "wrong", "sentence"), [(line, *fault) for line, fault in YAML_FAULTS.items()])
def test_finds_the_fault_in_the_yaml(tmp_path, monkeypatch, line, wrong, sentence):
    with pytest.raises((AssertionError, ValueError), match=sentence):
        check(tmp_path, monkeypatch, CODE, OPTIONS.replace(line, wrong))
