"""The examples of docs/your_network.md run in their order, in a folder of their own."""

import re
import shlex
import sys

import pytest

from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "your_network.md").read_text()
CODE, SUITE, LIGHTNING = re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE, re.S)
RUN, BENCH, RUN_LIGHTNING = re.findall(r"```bash\nsharegap (.*?)\n```", PAGE)
QUICK = ["training.steps=4", "training.evaluations=2", "dataset.n_train=120", "dataset.n_validation=60"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "my_package.py").write_text(CODE)
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "mine.yaml").write_text(SUITE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("my_package", None)


def test_run(command, folder):
    result = command(*shlex.split(RUN), *QUICK)
    assert result.code == 0, result.err
    parameters = 1 * 8 * 5 + 8 + (8 * 8 * 3 + 8 + 16) + 8 * 10 + 10  # of four blocks, one
    assert f"{parameters} unique parameters" in result.out + result.err


def test_lightning_module(command, folder):
    (folder / "my_package.py").write_text(CODE + LIGHTNING)
    result = command(*shlex.split(RUN_LIGHTNING), *QUICK)
    assert result.code == 0, result.err
    assert "mnist1d lightning_module: soft 1" in result.out


def test_leaderboard(command, folder):
    result = command(
        *shlex.split(BENCH),
        f"suite.overrides=[{','.join(QUICK)}]",
        "suite.seeds=1",
        "logger=none",
        "suite.methods=[none,hard]",
    )
    assert result.code == 0, result.err
    for method in ("none", "hard"):
        assert method in result.out
    # Hard sharing leaves one block of four.
    for parameters in ("1,002", "354"):
        assert parameters in result.out
