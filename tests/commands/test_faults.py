"""Faults of a user's own code, and what it asks for in vain."""

import pytest

MODULE = """
from sharegap.sharing import Independent

class Raising(Independent):
    def __init__(self, site, shape, init):
        raise RuntimeError("no good")

class Late(Independent):
    def penalty(self):
        raise RuntimeError("too late")

def load():
    return open("/nowhere/digits.npz")
"""
STRATEGY = "name: {name}\nstrategy:\n  _target_: {target}\n  _partial_: true\n"
DATASET = "# @package _global_\ndefaults: [digits]\ndataset:\n  name: mine\n  load:\n    _target_: own_module.load\n"
STRATEGIES = {"raising": "own_module.Raising", "late": "own_module.Late", "gone": "no_module.Gone"}


@pytest.fixture
def own(tmp_path, monkeypatch, command):
    """`sharegap run` in a folder with a module and configs of one's own."""
    (tmp_path / "own_module.py").write_text(MODULE)
    for group in ("sharing", "dataset"):
        (tmp_path / "conf" / group).mkdir(parents=True)
    for name, target in STRATEGIES.items():
        (tmp_path / "conf" / "sharing" / f"{name}.yaml").write_text(STRATEGY.format(name=name, target=target))
    (tmp_path / "conf" / "dataset" / "mine.yaml").write_text(DATASET)
    monkeypatch.chdir(tmp_path)
    return lambda *options: command(
        "run", "--config-dir", "conf", "training.steps=4", "training.evaluations=2", *options
    )


@pytest.mark.parametrize(("option", "sentence"), [("sharing=raising", "no good"), ("sharing=late", "too late")])
def test_code_that_raises_shows_its_traceback(own, option, sentence):
    """It is raised as it is, without a word of Hydra's, so that Python prints it."""
    with pytest.raises(RuntimeError, match=f"^{sentence}") as raised:
        own(option)
    assert raised.traceback[-1].path.name == "own_module.py"
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (
            "sharing=gone",
            "sharegap: sharing.strategy._target_ must be in a module that can be imported, got",
        ),
        ("dataset=mine", "sharegap: No such file or directory: /nowhere/digits.npz in a call of own_module.load"),
        (
            "+sharing.strategy.spread=1",
            "sharegap: there is no option of sharing.strategy (Independent) 'spread': there are",
        ),
    ],
)
def test_what_is_missing_is_one_sentence(own, option, sentence):
    result = own(option)
    assert result.code == 2
    assert result.err.startswith(sentence)
    assert result.err.count("\n") == 1
