"""`sharegap leaderboard`."""

import os

import pytest

from sharegap.results import Store
from tests.results.conftest import row


def test_renders_the_stored_suite(command, make_suite, tmp_path):
    make_suite().store(tmp_path)
    result = command("leaderboard", f"out={tmp_path}")
    assert result.code == 0
    page = tmp_path / "leaderboard" / "made_up" / "index.html"
    assert page.exists()
    assert result.out.splitlines()[-1] == str(page)
    assert "hard" in result.out
    assert result.err == ""


def test_takes_the_newest_of_several_and_says_so(command, make_suite, tmp_path):
    for age, suite in enumerate(["first", "second", "third"]):
        store = make_suite().store(tmp_path, suite)
        os.utime(store.plans / f"{suite}.parquet", (1000 - age, 1000 - age))
    newest = command("leaderboard", f"out={tmp_path}")
    assert "suite first, the one planned last (others: third, second)" in newest.out
    chosen = command("leaderboard", f"out={tmp_path}", "suite=second")
    assert chosen.code == 0
    assert "planned last" not in chosen.out


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        ("made_upp", "there is no stored suite in {folder} 'made_upp': did you mean made_up? there are made_up"),
        ("other", "there is no stored suite in {folder} 'other': there are made_up"),
    ],
)
def test_unknown_suite_is_one_sentence(command, make_suite, tmp_path, suite, sentence):
    make_suite().store(tmp_path)
    result = command("leaderboard", f"out={tmp_path}", f"suite={suite}")
    assert result.code == 2
    assert result.err == f"sharegap: {sentence.format(folder=tmp_path)}\n"


@pytest.mark.parametrize("suite", [[], ["suite=default"]])
def test_missing_folder_is_one_sentence(command, tmp_path, suite):
    folder = tmp_path / "nowhere"
    result = command("leaderboard", f"out={folder}", *suite)
    assert result.code == 2
    assert result.err == f"sharegap: there are no results in {folder} yet: run `sharegap bench` first\n"
    assert not folder.exists()


def test_runs_without_a_suite(command, tmp_path):
    """They are summarized by their settings, and no page is written."""
    store = Store(tmp_path)
    with store.lock():
        store.append("fleet", [row("1"), row("2")])
    assert command("leaderboard", f"out={tmp_path}").out.startswith("1 setting, 2 runs\n")
    assert not (tmp_path / "leaderboard").exists()


def test_unreadable_part_is_named_on_stderr(command, make_suite, tmp_path):
    store = make_suite().store(tmp_path)
    (store.parts / "broken.parquet").write_bytes(b"PAR1")
    result = command("leaderboard", f"out={tmp_path}")
    assert result.code == 0
    assert result.err.startswith("sharegap: ")
    assert "broken.parquet" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("folder", ["2026", "1e3", "[1", "it's", "a{b", "null", "x: y"])
def test_folders_are_named_as_typed(command, make_suite, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    make_suite().store(tmp_path / folder)
    for option in (f"out={folder}", f'out="{folder}"'):
        assert command("leaderboard", option, "suite=made_up").code == 0
    assert (tmp_path / folder / "leaderboard" / "made_up" / "index.html").exists()


def test_changes_since_an_older_folder(command, make_suite, tmp_path):
    make_suite().store(tmp_path / "old")
    make_suite().store(tmp_path / "new")
    result = command("leaderboard", f"out={tmp_path / 'new'}", f"against={tmp_path / 'old'}")
    assert (result.code, result.err) == (0, "")
    assert "All 5 scores are identical, bit for bit." in result.out
    assert (tmp_path / "new" / "leaderboard" / "made_up" / "changes.csv").exists()
    assert not (tmp_path / "old" / "leaderboard").exists()


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        (None, "there are no results in {folder} yet: run `sharegap bench` first"),
        ("other", "there is no stored suite in {folder} 'made_up': there are other"),
    ],
)
def test_older_folder_without_the_suite(command, make_suite, tmp_path, suite, sentence):
    """Nothing is written, and nothing made."""
    make_suite().store(tmp_path / "new")
    older = tmp_path / "old"
    if suite:
        make_suite().store(older, suite)
    result = command("leaderboard", f"out={tmp_path / 'new'}", f"against={older}")
    assert (result.code, result.err) == (2, f"sharegap: {sentence.format(folder=older)}\n")
    assert not (tmp_path / "new" / "leaderboard").exists()
    assert older.exists() == bool(suite)
