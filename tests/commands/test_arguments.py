"""The words of a command line."""

import shlex

import pytest

from sharegap.commands.arguments import describe_command, parse

OPTIONS = ["sharing=soft,hard", "seed=1"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_flags_stand_anywhere(place):
    words = [*OPTIONS]
    words.insert(place, "-m")
    line = parse(words)
    assert (line.flags, line.overrides) == (["-m"], OPTIONS)


def test_a_flag_keeps_its_value():
    line = parse(["--cfg", "job", *OPTIONS, "-p", "dataset"])
    assert (line.flags, line.overrides) == (["--cfg", "job", "-p", "dataset"], OPTIONS)


@pytest.mark.parametrize(
    "words",
    [
        ["--config-dir", "a", "-cd", "pkg://b.conf"],
        ["--config-dir=a", "--config-dir=pkg://b.conf"],
        ["hydra.searchpath=[a,pkg://b.conf]"],
        ["-cd", "a", "hydra.searchpath=pkg://b.conf"],
    ],
)
def test_all_ways_to_name_folders(words):
    line = parse([*words, *OPTIONS])
    assert (line.folders, line.overrides) == (["a", "pkg://b.conf"], OPTIONS)


def test_deletions_and_additions_are_options():
    options = ["~suite.studies.digits", "+suite.studies.mine=[dataset=digits]", "++seed=3"]
    assert parse(options).overrides == options


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("+logger.api_key=abc", "+logger.api_key=***"),
        ("logger={_target_: x.Logger, token: abc, project: p}", "logger={_target_: x.Logger, token: ***, project: p}"),
        ("logger.uri=https://me:word@host/x", "logger.uri=https://***@host/x"),
        ("suite.methods=[none,l2]", "suite.methods=[none,l2]"),
        ("out=my folder", "out=my folder"),
        ("suite.overrides=['seed=3']", "suite.overrides=['seed=3']"),
        ("out=it's $HOME `a` \\ !", "out=it's $HOME `a` \\ !"),
    ],
)
def test_described_command_hides_secrets(word, shown):
    assert shlex.split(describe_command("bench", [word])) == ["sharegap", "bench", shown]
