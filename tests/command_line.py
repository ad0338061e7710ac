"""The command lines, in this process."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hydra.core.global_hydra import GlobalHydra

from sharegap.commands.main import main

SMOKE = [
    "suite=smoke",
    "suite.seeds=1",
    "suite.methods=[none,hard]",
    "suite.overrides=['training.steps=20','training.evaluations=2']",
]
DEFAULTS = {
    "run": ["out={folder}/out", "logger=none"],
    "bench": ["out={folder}/out", "logger=none"],
    "leaderboard": ["out={folder}/out"],
}
"""What is added to a command's arguments, unless they say otherwise."""


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys, tmp_path) -> Callable[..., Outcome]:
    """`command("bench", ...)` or `command("run", ...)` as from the shell, writing to `tmp_path/out`."""

    def run(*words: str) -> Outcome:
        program, arguments = "".join(words[:1]), words[1:]
        defaults = DEFAULTS.get(program, [])
        defaults = [default.format(folder=tmp_path) for default in defaults]
        given = {argument.split("=")[0] for argument in arguments}
        defaults = [default for default in defaults if default.split("=")[0] not in given]
        code = type_command(monkeypatch, *words[:1], *defaults, *arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    monkeypatch.setenv("COLUMNS", "120")
    return run


def type_command(patch: pytest.MonkeyPatch, *words: str) -> int:
    """Run a command as from the shell; return its exit code. What it changes in the process `patch` undoes."""
    patch.setattr(sys, "argv", ["sharegap", *words])
    patch.setattr(sys, "path", [*sys.path])
    patch.setattr("sharegap.commands.main.end_on_signals", lambda: None)  # pytest has signals of its own
    patch.setattr(warnings, "formatwarning", warnings.formatwarning)
    patch.setenv("HYDRA_FULL_ERROR", "1")
    with warnings.catch_warnings(action="default"):
        try:
            main()
        except SystemExit as stop:
            if isinstance(stop.code, str):
                print(stop.code, file=sys.stderr)
            return stop.code if isinstance(stop.code, int) else 1
        finally:
            GlobalHydra.instance().clear()
    return 0
