import subprocess

import pytest

from sharegap.results import provenance

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]


@pytest.fixture
def checkout(tmp_path):
    """A repository in which one folder is tracked and another is not."""
    for name in ("code", "installed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("1")
    for words in (["init", "-q"], ["add", "code"], ["commit", "-q", "-m", "a"]):
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True)
    return tmp_path


def test_versions_name_what_decides_figures():
    assert provenance.versions().keys() - {"commit"} == {"sharegap", "torch", "pytorch-lightning", "python"}


def test_commit_of_a_checkout(checkout):
    commit = provenance._commit(checkout / "code")
    assert len(commit) >= 7
    (checkout / "code" / "a.py").write_text("2")
    assert provenance._commit(checkout / "code") == f"{commit}+"


def test_no_commit_of_an_installed_package(checkout, tmp_path_factory):
    """A package in a folder that a user's repository ignores has no commit of that repository."""
    assert provenance._commit(checkout / "installed") == ""
    assert provenance._commit(tmp_path_factory.mktemp("elsewhere")) == ""
