"""The wheel, installed in a fresh environment and used from another folder, needs nothing of the checkout."""

from zipfile import ZipFile

import pytest

import sharegap
from tests.command_line import SMOKE
from tests.installed import CHECKOUT

WHERE = "import sharegap, sharegap.conf; print(sharegap.__file__, sharegap.conf.__file__)"


def test_wheel_holds_all_files(wheel):
    held = set(ZipFile(wheel).namelist())
    for folder, package in (("src/sharegap", "sharegap"), ("conf", "sharegap/conf")):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                assert f"{package}/{path.relative_to(CHECKOUT / folder)}" in held
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in held)


def test_wheel_is_what_is_imported(environment, tmp_path):
    package, configs = environment.run("python", "-c", WHERE, cwd=tmp_path).stdout.split()
    assert package == str(environment.packages / "sharegap" / "__init__.py")
    assert configs == str(environment.packages / "sharegap" / "conf" / "__init__.py")


def test_bench_extra_runs_a_suite(bench_environment, tmp_path):
    bench = bench_environment.run("sharegap", "bench", *SMOKE, "logger=none", "out=there", cwd=tmp_path)
    assert bench.returncode == 0, bench.stderr
    assert "hard" in bench.stdout
    assert (tmp_path / "there" / "leaderboard" / "smoke" / "index.html").exists()


def test_base_packages_serve_public_names(base_environment, tmp_path):
    code = "import sharegap; [getattr(sharegap, name) for name in dir(sharegap)]"
    assert base_environment.run("python", "-c", code, cwd=tmp_path).returncode == 0
    assert base_environment.run("sharegap", "--version", cwd=tmp_path).stdout == f"sharegap {sharegap.__version__}\n"


@pytest.mark.parametrize("line", ["bench suite=smoke", "dataset=digits", "leaderboard", "methods"])
def test_commands_name_the_missing_extra(base_environment, tmp_path, line):
    outcome = base_environment.run("python", "-m", "sharegap", *line.split(), cwd=tmp_path)
    assert outcome.returncode == 2
    assert "pip install 'sharegap[bench]'" in outcome.stderr
    assert outcome.stderr.count("\n") == 1
