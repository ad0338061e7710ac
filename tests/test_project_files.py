"""What the files around the code say of it is so."""

import re
from pathlib import Path

from omegaconf import OmegaConf

import sharegap

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
