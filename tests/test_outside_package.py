"""A package of somebody's own, installed or only named, serves every command without a change of ours."""

import csv
from pathlib import Path

import pytest

from sharegap.results import Store
from tests.installed import PACKAGES, Environment, build_wheel

PACKAGE = Path(__file__).parent / "outside_package"
CONFIGS = "my_sharing/conf"
TINY = ["training.steps=20", "training.evaluations=2"]
RUN = ["dataset=bumps", "model=halves", *TINY]
BENCH = ["suite=bumps", "suite.seeds=1", f"suite.overrides={TINY}"]
ROWS = ["none", "hard", "directions", "decoupled_decay", "directions+decoupled_decay"]
NAMED = {
    "config_dir": ["--config-dir", CONFIGS],
    "module": ["--config-dir", "pkg://my_sharing.conf"],
    "searchpath": [f"hydra.searchpath=[{CONFIGS}]"],
    "searchpath of a module": ["hydra.searchpath=[pkg://my_sharing.conf]"],
}


@pytest.fixture(scope="module")
def outside(wheel, tmp_path_factory):
    """A fresh environment with the wheel of this checkout and with the package."""
    folder = tmp_path_factory.mktemp("outside")
    fresh = Environment(folder / "environment", wheel)
    fresh.install(build_wheel(PACKAGE, folder))
    fresh.see(*PACKAGES)
    return fresh


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ("methods", ["decoupled_decay", "directions", "directions+decoupled_decay"]),
        ("datasets", ["bumps"]),
        ("models", ["halves"]),
        ("suites", ["bumps"]),
    ],
)
def test_lists_name_the_package(outside, tmp_path, listing, names):
    lines = outside.run("sharegap", listing, cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("my-sharing")] == names


def test_near_miss_is_found(outside, tmp_path):
    outcome = outside.run("sharegap", "run", "sharing=dirctions", cwd=tmp_path)
    assert outcome.returncode == 2
    assert "did you mean directions" in outcome.stderr


def test_installed_package_runs(outside, tmp_path):
    strategy = ["sharing=directions", "regularizer=[decoupled_decay]", "logger=none", "out=there"]
    outcome = outside.run("sharegap", "run", *RUN, *strategy, "sharing.strategy.number=1,2", "-m", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert len(Store(tmp_path / "there").runs()) == 2


def test_installed_suite_has_a_leaderboard(outside, tmp_path):
    outcome = outside.run("sharegap", "bench", *BENCH, "logger=none", "out=there", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert "there/leaderboard/bumps/index.html" in outcome.stdout
    with (tmp_path / "there" / "leaderboard" / "bumps" / "leaderboard.csv").open() as file:
        assert {row["method"] for row in csv.DictReader(file)} == set(ROWS)


def test_its_own_tests_pass(outside):
    """The conformance checks of its strategy, regularizer, model and data set."""
    outcome = outside.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=PACKAGE)
    assert outcome.returncode == 0, outcome.stdout
    assert "4 passed" in outcome.stdout


@pytest.fixture
def importable(monkeypatch):
    """The package is where we are and on the path, and not installed."""
    monkeypatch.chdir(PACKAGE)
    monkeypatch.syspath_prepend(PACKAGE)


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize("named", [NAMED["config_dir"], NAMED["searchpath of a module"]], ids=["folder", "module"])
def test_named_folder_serves_runs(command, tmp_path, named):
    outcome = command("run", *named, *RUN, "method=directions+decoupled_decay", "seed=0,1", "-m")
    assert outcome.code == 0, outcome.err
    assert len(Store(tmp_path / "out").runs()) == 2


@pytest.mark.usefixtures("importable")
def test_named_folder_serves_suites(command, tmp_path):
    outcome = command("bench", *NAMED["searchpath"], *BENCH)
    assert outcome.code == 0, outcome.err
    plan, _ = Store(tmp_path / "out").plan("bumps")
    assert set(plan["method"]) == set(ROWS)


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
@pytest.mark.usefixtures("importable")
def test_named_folder_is_listed(command, named):
    lines = command("models", *named).out.splitlines()
    [halves] = [line for line in lines if line.startswith("halves")]
    assert halves.endswith(named[-1].removeprefix("hydra.searchpath=[").removesuffix("]"))


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("sharing=dirctions", "did you mean directions"),
        ("sharing.strategy.number=2", "sharing.strategy.number needs sharing=directions"),
    ],
)
@pytest.mark.usefixtures("importable")
def test_named_folder_serves_near_misses(command, option, sentence):
    assert sentence in command("run", *NAMED["config_dir"], option).err
