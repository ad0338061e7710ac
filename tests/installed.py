"""The wheel of this checkout, and fresh environments in which it is installed."""

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CHECKOUT = Path(__file__).parents[1]
PACKAGES = [path for path in sys.path if path.endswith("-packages")]
"""Where the packages of the current environment are; its editable checkout is not seen through these folders."""


class Environment:
    """A fresh environment with the wheel, which sees packages that are installed elsewhere.

    Args:
        root: Its folder, to be made.
        wheel: To install.
    """

    def __init__(self, root: Path, wheel: Path) -> None:
        venv.create(root, symlinks=True)
        self.root = root
        [self.packages] = root.glob("lib/*/site-packages")
        self.install(wheel)

    def install(self, wheel: Path) -> None:
        """Install a wheel without what it requires."""
        options = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
        pip(["--python", str(self.root / "bin/python"), "install", *options, str(wheel)])

    def see(self, *folders: str | Path) -> None:
        """Find the packages in these folders, too; only now, because pip would take them for installed here."""
        (self.packages / "seen.pth").write_text("\n".join(map(str, folders)))

    def run(self, program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment, such as "python" or "sharegap"."""
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(self.root / "bin" / program), *arguments]
        return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    return build_wheel(CHECKOUT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A fresh environment with the wheel that sees all packages of the current one."""
    fresh = Environment(tmp_path_factory.mktemp("environment"), wheel)
    fresh.see(*PACKAGES)
    return fresh


@pytest.fixture(scope="session")
def base_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A fresh environment with what `pip install sharegap` installs."""
    return environment_of(wheel, set(), tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def bench_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A fresh environment with what `pip install 'sharegap[bench]'` installs."""
    return environment_of(wheel, {"bench"}, tmp_path_factory.mktemp("bench"))


def environment_of(wheel: Path, extras: set[str], folder: Path) -> Environment:
    """Make a fresh environment with a wheel that sees only what the wheel requires.

    Args:
        wheel: To install.
        extras: Of the wheel.
        folder: Receives the environment.
    """
    fresh = Environment(folder / "environment", wheel)
    [installed] = distributions(name="sharegap", path=[str(fresh.packages)])
    links = folder / "links"
    links.mkdir()
    for required in requirements(installed, extras):
        for name in {file.parts[0] for file in required.files or ()} - {"..", "__pycache__"}:
            # Several distributions can be in one namespace package.
            if not (links / name).exists():
                (links / name).symlink_to(Path(str(required.locate_file(name))))
    fresh.see(links)
    return fresh


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of a project from a copy, because setuptools writes beside the sources.

    Args:
        project: The folder with pyproject.toml.
        folder: Receives the copy and the wheel.
    """
    ignored = shutil.ignore_patterns(".*", "outputs", "__pycache__", "*.egg-info", "build")
    copy = shutil.copytree(project, folder / "copy", ignore=ignored)
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    pip(["wheel", *options, "--wheel-dir", str(folder), str(copy)])
    [built] = folder.glob("*.whl")
    return built


def requirements(package: Distribution, extras: set[str]) -> list[Distribution]:
    """Return what a package requires with these extras, and what that requires."""
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    waiting = [(package, extras)]
    while waiting:
        package, extras = waiting.pop()
        for requirement in map(Requirement, package.requires or ()):
            key = (requirement.name, frozenset(requirement.extras))
            marker = requirement.marker
            needed = marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras})
            if needed and key not in found:
                found[key] = distribution(requirement.name)
                waiting.append((found[key], requirement.extras))
    return list(found.values())


def pip(arguments: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True, text=True)
