"""Whether a first line names columns or is a sample."""

import pytest

from sharegap.data.formats.header import has_header

NUMBERS = [["5.1", "3.5"], ["4.9", "3.0"], ["4.7", "3.2"], ["4.6", "3.1"]]
IRIS = [[*row, "setosa"] for row in NUMBERS]


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        (["length", "width"], NUMBERS),
        (["length", "width", "kind"], IRIS),
        (["length", "3.5", "kind"], IRIS),
        (["1.1", "1.10", "kind"], IRIS),
        (["400.5", "kind"], [["1.5", "a"], ["2.5", "b"], ["3.5", "a"], ["4.5", "b"]]),
        (["0", "1"], NUMBERS),
        (["1", "2"], NUMBERS),
        (["", "0", "1"], [[str(i), *row] for i, row in enumerate(NUMBERS)]),
        ([str(year) for year in range(2015, 2022)], [["5", "3", "8", "2", "2", "7", "1"]] * 4),
        (["2010", "2015", "2020"], [["5", "3", "8"], ["2", "7", "1"], ["4", "4", "9"]]),
        (["continent", "1952", "1957"], [["Africa", "1252.5", "1385.2"], ["Asia", "5195.4", "5787.7"]]),
        (["length", "width", "kind"], [["cm", "cm", "-"], *IRIS]),
        (["length", "width", "kind"], [*IRIS, ["length", "width", "kind"], *IRIS]),
        (["name", "city"], [["Ann", "Rome"], ["Bob", "Oslo"]]),
        (["a", "b"], []),
        (["NA", "kind", "x"], [["1", "a", "2"], ["2", "b", "1"]]),
    ],
)
def test_names_are_told_from_samples(first, rows):
    assert has_header([first, *rows], []) is True


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        (["5.0", "3.4"], NUMBERS),
        (["5.0", "3.4", "setosa"], IRIS),
        (["5.0", "?", "setosa"], IRIS),
        (["", "3.4", "setosa"], IRIS),
        (["p", "x"], [["e", "x"], ["p", "s"], ["p", "x"]]),
        (["6", "148", "72", "35", "0", "33.6"], [["1", "85", "66", "29", "0", "26.6"]] * 3),
        (["1", "2", "3", "4", "5", "7"], [["2", "3", "4", "5", "6", "8"]] * 3),
        (["1,5", "2,5"], [["3,5", "1,5"], ["2,5", "2,5"]]),
        (["2010", "2015", "2020"], [["2011", "2013", "2020"], ["2008", "2010", "2011"]]),
        (["-1.20", "7", "1"], [["0.67", "7", "1"], ["1.05", "6", "0"]]),
    ],
)
def test_samples_are_told_from_names(first, rows):
    assert has_header([first, *rows], []) is False


def test_a_line_that_may_be_both_is_unclear():
    rows = [["5.1", "Ann"], ["4.9", "Bob"], ["4.7", "Eve"]]
    assert has_header([["5.0", "Tom"], *rows], []) is None
    assert has_header([["5.0", "Tom"], *rows], ["Tom"]) is True
