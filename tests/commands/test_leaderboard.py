"""`python -m sharegap.commands.leaderboard`."""

import os

import pytest

from sharegap.commands.leaderboard import main
from sharegap.results import Store
from tests.results.conftest import row


def test_renders_the_stored_suite(make_suite, tmp_path, capsys):
    make_suite().store(tmp_path)
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "leaderboard" / "index.html").exists()
    output = capsys.readouterr()
    assert "hard" in output.out
    assert output.err == ""


def test_takes_the_newest_of_several_and_says_so(make_suite, tmp_path, capsys):
    for age, suite in enumerate(["first", "second", "third"]):
        store = make_suite().store(tmp_path, suite)
        os.utime(store.plans / f"{suite}.parquet", (1000 - age, 1000 - age))
    assert main([str(tmp_path)]) == 0
    assert "suite first, the one planned last (others: third, second)" in capsys.readouterr().out
    assert main([str(tmp_path), "second"]) == 0
    assert "planned last" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["made_upp"],
            "there is no stored suite in {folder} 'made_upp': did you mean made_up? there are made_up",
        ),
        (["other"], "there is no stored suite in {folder} 'other': there are made_up"),
    ],
)
def test_unknown_suite_is_one_sentence(make_suite, tmp_path, capsys, arguments, sentence):
    make_suite().store(tmp_path)
    assert main([str(tmp_path), *arguments]) == 2
    assert capsys.readouterr().err == sentence.format(folder=tmp_path) + "\n"


@pytest.mark.parametrize("suite", [[], ["default"]])
def test_missing_folder_is_one_sentence(tmp_path, capsys, suite):
    folder = tmp_path / "nowhere"
    assert main([str(folder), *suite]) == 2
    assert capsys.readouterr().err == f"there are no results in {folder} yet: run `make bench` first\n"
    assert not folder.exists()


def test_runs_without_a_suite(tmp_path, capsys):
    """They are summarized by their settings, and no page is written."""
    store = Store(tmp_path)
    with store.lock():
        store.append("fleet", [row("1"), row("2")])
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("1 setting, 2 runs\n")
    assert not (tmp_path / "leaderboard").exists()


def test_unreadable_part_is_named_on_stderr(make_suite, tmp_path, capsys):
    store = make_suite().store(tmp_path)
    (store.parts / "broken.parquet").write_bytes(b"PAR1")
    assert main([str(tmp_path)]) == 0
    errors = capsys.readouterr().err
    assert errors.startswith("warning: ")
    assert "broken.parquet" in errors
    assert errors.count("\n") == 1
