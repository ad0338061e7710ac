"""What README and docs say is so: their commands and examples run, and they name what there is."""

import re
import shlex
from pathlib import Path

import pytest
import pytorch_lightning
import torch

from sharegap.commands.main import COMMANDS as COMMAND_NAMES
from sharegap.metrics import unique_parameters
from sharegap.plan.configs import choices, compose_config
from sharegap.results import Store
from sharegap.sharing import penalty_between
from tests.helpers import ROOT, SMALL

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text() for page in PAGES)
OWN_TESTS = ("your_data.md", "your_network.md", "extending.md")
# The others have tests of their own.
RUNNABLE = "\n".join(page.read_text() for page in PAGES if page.name not in OWN_TESTS)
BLOCKS = [block.replace("\\\n", "") for block in re.findall(r"```bash\n(.*?)```", RUNNABLE, re.S)]
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
LIBRARY = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(), re.S)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("sharegap run")])
def test_commands_run(command, tmp_path, line):
    arguments = shlex.split(line, comments=True)[2:]
    assert command("run", *SMALL, *arguments).code == 0
    assert len(Store(tmp_path / "out").runs()) == (24 if "-m" in arguments else 1)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("sharegap bench")])
def test_options_of_suites_exist(line):
    """They train for minutes and more, so they are composed only."""
    compose_config(shlex.split(line, comments=True)[2:], name="bench")


def test_programs_and_commands_exist():
    for program in re.findall(r"\.venv/bin/python (\S+\.py)", TEXT):
        assert (ROOT / program).exists()
    words = re.findall(r"`sharegap ([a-z]+)", TEXT) + re.findall(r"^sharegap ([a-z]+)", "\n".join(COMMANDS), re.M)
    assert {"run", "bench", "leaderboard", "methods", "suites"} <= set(words) <= set(COMMAND_NAMES)


def test_named_suites_exist():
    named = set(re.findall(r"SUITE=(\w+)", TEXT))
    assert named - {"name"} <= set(choices("suite"))


@pytest.fixture
def examples():
    """What each example of docs/library.md defines, in its order."""
    torch.manual_seed(0)
    spaces = [{} for _ in LIBRARY]
    for example, space in zip(LIBRARY, spaces, strict=True):
        exec(example, space)
    return spaces


def defining(name, examples):
    """The one example that defines a name."""
    (example,) = [space for space in examples if name in space]
    return example


def test_the_two_towers_train_and_approach(tmp_path, examples):
    towers = defining("TwoTowers", examples)["TwoTowers"]()
    before = penalty_between([towers.left, towers.right]).item()
    batches = [(torch.randn(16, 8), torch.randn(16, 8), torch.randn(16)) for _ in range(50)]
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pytorch_lightning.Trainer(accelerator="cpu", max_epochs=2, default_root_dir=tmp_path, **options)
    trainer.fit(towers, torch.utils.data.DataLoader(batches, batch_size=None))
    assert penalty_between([towers.left, towers.right]).item() < before / 2


def test_the_decoder_is_tied(examples):
    example = defining("decoder", examples)
    encoder, autoencoder = example["encoder"], example["autoencoder"]
    assert unique_parameters(autoencoder) == 64 * 16 + 16 + 64
    autoencoder(torch.randn(5, 64)).square().sum().backward()
    with torch.no_grad():
        encoder.weight.zero_()
    assert torch.equal(autoencoder(torch.randn(1, 64))[0], example["decoder"].bias)


def test_the_tied_convolutions_are_counted_once(examples):
    assert unique_parameters(defining("tie", examples)["autoencoder"]) == 8 * 9 + 8 + 1


def test_the_untied_embedding_is_counted_twice(examples):
    example = defining("untied", examples)
    assert unique_parameters(example["untied"]) == 2 * unique_parameters(example["model"]) == 2 * 50 * 8
    assert torch.equal(example["untied"][1].weight, example["model"][0].weight)


def test_the_free_convolution_trains_apart(examples):
    free, x = defining("free", examples)["free"], torch.randn(2, 3, 32, 32)
    free(x).square().sum().backward()
    assert len(free.weight.value.grad.unique(dim=0)) == 32 * 32


def test_the_shared_network_is_plain_again(examples):
    network = defining("sites", examples)["network"]
    assert list(network.state_dict())[2:4] == ["1.0.weight", "1.0.bias"]
    assert not torch.equal(network[1][0].weight, network[2][0].weight)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", TEXT, re.M))
    assert {"bench", "test", "leaderboard"} <= named <= targets


@pytest.mark.parametrize("group", ["dataset", "model", "sharing", "method", "suite"])
def test_named_choices_exist(group):
    """The pages explain some choices; two name those of a package or folder that a reader makes."""
    text = "\n".join(page.read_text() for page in PAGES if page.name not in ("extending.md", "your_network.md"))
    assert set(re.findall(rf"\b{group}=([a-z]\w*)", text)) <= set(choices(group))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_linked_files_exist(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert link.startswith("http") or (page.parent / Path(link)).exists()
