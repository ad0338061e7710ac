"""Runs of a user's own code."""

import importlib
import sys

import pytest

from sharegap.plan.configs import compose_config
from sharegap.plan.run import Run
from sharegap.plan.user_code import fingerprint_code
from tests.helpers import make_run


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes modules of one's own: a file, and a package whose modules import each other."""
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "own_loose.py": "import own_helper\nfrom sharegap.sharing import Soft\n\nclass Mine(Soft):\n    pass\n",
        "own_helper.py": "WEIGHT = 1\n",
        "own_other.py": "UNUSED = 1\n",
        "own_package/__init__.py": "",
        "own_package/strategies.py": "from .maths import square\nfrom sharegap.sharing import Soft as Mine\n",
        "own_package/maths.py": "def square(x):\n    return x * x\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("target", "edited", "is_other"),
    [
        ("own_loose.Mine", "own_loose.py", True),
        ("own_loose.Mine", "own_helper.py", True),
        ("own_loose.Mine", "own_other.py", False),
        ("own_package.strategies.Mine", "own_package/strategies.py", True),
        ("own_package.strategies.Mine", "own_package/maths.py", True),
        ("own_package.strategies.Mine", "own_loose.py", False),
    ],
)
def test_edited_code_makes_another_run(own, target, edited, is_other):
    before = fingerprint_code([target])
    path = own / edited
    path.write_text(path.read_text() + "\nEDITED = True\n")
    importlib.invalidate_caches()
    assert (fingerprint_code([target]) != before) == is_other


def test_a_run_of_edited_code_is_another(own):
    options = ["sharing=soft", "sharing.strategy._target_=own_loose.Mine"]
    before = Run.of(compose_config(options))
    assert Run.of(compose_config(options)).id == before.id
    (own / "own_helper.py").write_text("WEIGHT = 2\n")
    assert Run.of(compose_config(options)).id != before.id
    assert "code" not in make_run("sharing=soft").config


def test_libraries_are_no_user_code():
    assert fingerprint_code(["sharegap.sharing.Soft", "torch.optim.Adam"]) is None


def test_nothing_is_imported(own):
    """Planning takes no time for what a user's modules load."""
    for name in ("own_loose.Mine", "own_package.strategies.Mine"):
        assert fingerprint_code([name])
    assert not [name for name in sys.modules if name.startswith("own_")]
