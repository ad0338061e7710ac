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
    """A fresh environment with the wheel and only what it requires without extras."""
    fresh = Environment(tmp_path_factory.mktemp("base"), wheel)
    [installed] = distributions(name="sharegap", path=[str(fresh.packages)])
    links = tmp_path_factory.mktemp("links")
    for required in requirements(installed, set()).values():
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


def requirements(package: Distribution, extras: set[str]) -> dict[str, Distribution]:
    """Return what a package requires, and what that requires, by name."""
    found: dict[str, Distribution] = {}
    waiting = [(package, extras)]
    while waiting:
        package, extras = waiting.pop()
        for requirement in map(Requirement, package.requires or ()):
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                continue
            if requirement.name not in found:
                found[requirement.name] = distribution(requirement.name)
                waiting.append((found[requirement.name], requirement.extras))
    return found


def pip(arguments: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True, text=True)
