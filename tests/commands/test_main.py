"""`sharegap`: help, version, lists and tab completion."""

import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from sharegap.commands.main import COMMANDS
from sharegap.plan.configs import choices
from tests.helpers import SMALL


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_names_every_command(command, words):
    lines = command(*words).out.splitlines()
    assert [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "][: len(COMMANDS)] == list(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("run", "bench", "choose")])
def test_help_of_a_command(command, name):
    assert f"usage: sharegap {name} [" in command(name, "--help").out


@pytest.mark.parametrize("name", ["run", "bench", "choose"])
def test_help_of_a_program_lists_its_options(command, name):
    help_text = command(name, "--help").out
    assert help_text.startswith(f"sharegap {name}: train")
    assert "\nout: " in help_text


def test_version_is_the_package_s(command):
    assert command("--version").out.startswith("sharegap 0.")


@pytest.mark.parametrize(("command_name", "group"), [(f"{g}s", g) for g in ("method", "dataset", "model", "suite")])
def test_lists_name_every_choice(command, command_name, group):
    _heading, _rule, *lines = command(command_name).out.splitlines()
    listed = [line.split()[0] for line in lines if line[0] != " "]
    assert listed == list(choices(group))


def test_every_choice_says_what_it_is():
    for group in ("method", "dataset", "model", "suite"):
        for name, choice in choices(group).items():
            assert choice.description, f"{group}/{name}.yaml begins with no comment"


def test_a_first_option_means_run(command, tmp_path):
    result = command("seed=3", *SMALL, f"out={tmp_path}", "logger=none")
    assert result.code == 0
    assert "seed 3" in result.out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sharegap be", "bench"),
        ("sharegap run dataset=mnist1d_", "dataset=mnist1d_shuffled"),
        ("sharegap run training.st", "training.steps="),
        ("sharegap bench suite=smo", "suite=smoke"),
        ("sharegap sharing=templ", "sharing=templates"),
        ("sharegap bench ", "suite="),
    ],
)
def test_tab_completes(command, monkeypatch, line, expected):
    monkeypatch.setenv("COMP_LINE", line)
    assert expected in command("-sc", "query=bash").out.split()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interrupt_says_so(tmp_path, number, code):
    """Ctrl-C, a job queue's end and a closed terminal, while a run is trained."""
    line = [sys.executable, "-m", "sharegap", "run", "training.steps=100000", f"out={tmp_path}", "logger=none"]
    # Where the tests run in the background, a shell lets them ignore Ctrl-C.
    heed = partial(signal.signal, number, signal.SIG_DFL)
    process = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=heed)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "checkpoints").exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code
    assert err.strip().splitlines()[-1].startswith("sharegap: interrupted")
