"""Texts that are numbers or dates in another spelling."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharegap.data.user.quantities import QUANTITY, unit_of
from sharegap.data.user.recognize import recognize
from sharegap.errors import UserError


def read(values, dtype=None):
    reading = recognize(pl.Series("c", values, dtype=dtype))
    return reading and (reading.numbers.to_list(), reading.words)


@pytest.mark.parametrize(
    ("values", "numbers", "words"),
    [
        (["5 kg", "7.5kg", None], [5, 7.5, None], "numbers in kg"),
        (["1 month", "36 months"], [1, 36], "numbers in month"),
        (["45%", "-7 %"], [45, -7], "numbers in %"),
        (["$1,200.50", "$3"], [1200.5, 3], "numbers in $ with commas between thousands"),
        (["1,234", "999", "12,000"], [1234, 999, 12000], "numbers with commas between thousands"),
        (["1.234.567,5", "999,5"], [1234567.5, 999.5], "numbers with points between thousands"),
        (["1 234", "1\u202f000,5"], [1234, 1000.5], "numbers with spaces between thousands"),
        (["1'234.5", "12"], [1234.5, 12], "numbers with apostrophes between thousands"),
        (["1,234", "0,5", "7"], [1.234, 0.5, 7], "numbers with decimal commas"),
        (["1970-01-02", "1969-12-31", None], [1, -1, None], "a date in days"),
        (["02.01.1970", "31.12.1969"], [1, -1], "a date in days"),
        (["1970-01-02 06:00:00", "1970-01-02 12:00:00"], [1.25, 1.5], "a date in days"),
        (["1970-01-01T12:00:00Z", "1970-01-02T00:00:00Z"], [0.5, 1], "a date in days"),
        (["31/12/1969", "02/01/1970"], [-1, 1], "a date in days, the day first"),
        (["12/31/1969", "01/02/1970"], [-1, 1], "a date in days, the month first"),
        (["Jan 2, 1970", "Dec 31, 1969"], [1, -1], "a date in days"),
    ],
)
def test_spellings_are_read(values, numbers, words):
    assert read(values) == (numbers, words)


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b"],
        ["C85", "E46"],
        ["1", "two"],
        ["10+ years", "1 year"],
        ["2 doors", "1 roof"],
        ["1,23,4", "5"],
        ["1-2", "3-4"],
        ["2020-01-01", "soon"],
        ["", "kg"],
        [None, None],
        ["1.234,5", "1,234.5"],
    ],
)
def test_texts_are_no_numbers(values):
    assert read(values) is None


def test_dates_of_parquet_are_days():
    assert read([date(1970, 1, 2), None]) == ([1, None], "a date in days")
    assert read([1500], pl.Duration("ms")) == ([1.5], "seconds")


def test_unclear_dates_are_asked():
    with pytest.raises(
        UserError, match="the dates of c must show which is the day and which the month, got '01/02/2020'"
    ):
        read(["01/02/2020", "03/04/2020"])


@pytest.mark.parametrize("units", [("ms", "m"), ("s", ""), ("g", "gs")])
def test_short_units_have_no_plural(units):
    assert len({unit_of(QUANTITY.fullmatch(f"200 {unit}".strip())) for unit in units}) == 2


def test_many_numbers_in_several_units_are_asked():
    with pytest.raises(UserError, match="the numbers of c must have one unit, got g, kg: bring them to one"):
        read([f"{i} {'kg' if i % 2 else 'g'}" for i in range(40)])


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from(["kg", "€", "m²", "km/h"]))
def test_thousands_and_units_are_undone(numbers, unit):
    read_back = read([f"{number:,} {unit}" for number in numbers])
    assert read_back[0] == numbers
    assert read_back[1].startswith(f"numbers in {unit}")
