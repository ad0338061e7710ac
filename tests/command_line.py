"""The command lines, in this process."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hydra.core.global_hydra import GlobalHydra

from sharegap.commands import bench
from sharegap.commands import run as single
from sharegap.commands.cli import run_program

SMOKE = [
    "suite=smoke",
    "suite.seeds=1",
    "suite.methods=[none,hard]",
    "suite.overrides=['training.steps=20','training.evaluations=2']",
]


@dataclass
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys, tmp_path) -> Callable[..., Outcome]:
    """`command("bench", ...)` or `command("sharegap", ...)` as from the shell, writing to `tmp_path/out`."""

    def run(program: str, *arguments: str) -> Outcome:
        main, config = {"bench": (bench.main, "bench"), "sharegap": (single.main, "config")}[program]
        defaults = [f"out={tmp_path / 'out'}", "logger=none"]
        given = {argument.split("=")[0] for argument in arguments}
        defaults = [default for default in defaults if default.split("=")[0] not in given]
        monkeypatch.setattr(sys, "argv", [program, *defaults, *arguments])
        code = 0
        with warnings.catch_warnings(action="default"):
            try:
                run_program(main, config)
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else 1
                if isinstance(stop.code, str):
                    print(stop.code, file=sys.stderr)
            finally:
                GlobalHydra.instance().clear()
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    return run
