"""The words of a command line."""

import pytest

from sharegap.commands.arguments import parse

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
