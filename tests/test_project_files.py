"""What the files around the code say of it is so."""

import os
import re
import shlex
import subprocess
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from packaging.requirements import Requirement

import sharegap
from sharegap.commands.explain import BENCH_MODULES

ROOT = Path(__file__).parents[1]


def test_citation_has_the_version():
    citation = OmegaConf.load(ROOT / "CITATION.cff")
    assert citation.version == sharegap.__version__
    assert f"## {sharegap.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_tour_shows_every_folder():
    tour = (ROOT / "CONTRIBUTING.md").read_text()
    for folder in (ROOT / "src" / "sharegap").glob("*/__init__.py"):
        assert f"| `src/sharegap/{folder.parent.name}/` |" in tour
    for link in re.findall(r"\]\(([^)#]+)\)", tour):
        assert (ROOT / link).exists()


def test_modules_of_the_extra_are_known():
    """A command that misses one of them names the extra."""
    extra = {Requirement(line).name for line in requires("sharegap") if 'extra == "bench"' in line}
    installed = packages_distributions()
    known = {package.lower() for module in BENCH_MODULES for package in installed.get(module, [])}
    assert "hydra-core" in extra
    assert extra <= known


@pytest.mark.parametrize("name", ["my folder", "it's", "a,b", "x [1]", 'say "x"', "größe"])
@pytest.mark.parametrize("target", ["bench", "leaderboard"])
def test_make_hands_on_any_name(target, name):
    line = ["make", "-n", "-o", ".venv/.ready", target, f"OUT={name}", f"SUITE={name}"]
    outside = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}  # tests run by make
    told = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True, env=outside).stdout
    words = shlex.split(told.splitlines()[-1])
    assert {f"out={name}", f"suite={name}"} <= set(words)
