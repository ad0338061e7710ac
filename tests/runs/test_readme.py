"""The README's commands run, and it names what there is."""

import re
import shlex
from pathlib import Path

import pytest
import pytorch_lightning
import torch

from sharegap.results import Store
from sharegap.runs.cli import CONF
from sharegap.sharing import penalty_between
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


def test_the_model_of_your_own_trains_and_its_towers_approach(tmp_path):
    [example] = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {"torch": torch, "nn": torch.nn, "pl": pytorch_lightning}
    exec(example, names)
    torch.manual_seed(0)
    towers = names["TwoTowers"]()
    before = penalty_between([towers.left, towers.right]).item()
    batches = [(torch.randn(16, 8), torch.randn(16, 8), torch.randn(16)) for _ in range(50)]
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pytorch_lightning.Trainer(accelerator="cpu", max_epochs=2, default_root_dir=tmp_path, **options)
    trainer.fit(towers, torch.utils.data.DataLoader(batches, batch_size=None))
    assert penalty_between([towers.left, towers.right]).item() < before / 2


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
