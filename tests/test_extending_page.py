"""docs/extending.md shows the package in tests/outside_package as it is."""

import re

import pytest

from tests.helpers import ROOT

PACKAGE = ROOT / "tests" / "outside_package"
PAGE = (ROOT / "docs" / "extending.md").read_text()
SHOWN = dict(re.findall(r"^`([\w/+]+\.\w+)`:\n\n```\w+\n(.*?)```", PAGE, re.M | re.S))


@pytest.mark.parametrize("name", SHOWN)
def test_shows_the_file(name):
    assert SHOWN[name] == (PACKAGE / name).read_text()


def test_shows_every_file():
    files = [path for suffix in ("py", "yaml", "toml") for path in PACKAGE.rglob(f"*.{suffix}")]
    assert {str(path.relative_to(PACKAGE)) for path in files if path.name != "__init__.py"} == set(SHOWN)
