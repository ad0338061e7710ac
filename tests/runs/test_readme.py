"""The README's commands run, and it names what there is."""

import re
import shlex
from pathlib import Path

import pytest

from sharegap.results import Store
from sharegap.runs.cli import CONF
from tests.helpers import SMALL

ROOT = CONF.parent
README = (ROOT / "README.md").read_text()
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", README, re.S) for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("python")])
def test_commands_run(command, tmp_path, line):
    python, module, name, *arguments = shlex.split(line)
    assert (python, module, name) == ("python", "-m", "sharegap")
    assert command("sharegap", *SMALL, *arguments).code == 0
    assert len(Store(tmp_path / "out").runs()) == (24 if "-m" in arguments else 1)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"\bmake ([a-z]+)", README))
    assert {"bench", "test", "leaderboard"} <= named <= targets


@pytest.mark.parametrize("group", ["dataset", "model", "sharing", "regularizer", "suite"])
def test_every_choice_is_named(group):
    for path in (CONF / group).glob("*.yaml"):
        assert f"`{path.stem}`" in README or f"SUITE={path.stem}" in README


def test_linked_files_exist():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or Path(ROOT / link).exists()
