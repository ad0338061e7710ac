import math

import pytest

from sharegap.errors import UserError, as_int, check_int, check_range, unknown_name


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "two", math.nan, math.inf])
def test_as_int_refuses_what_is_no_integer(count):
    with pytest.raises(UserError, match=r"model\.widths must be an integer >= 1"):
        as_int("model.widths", count)


def test_check_int_refuses_a_float():
    with pytest.raises(UserError, match=r"must be an integer >= 1, got 2\.0"):
        check_int("model.widths", 2.0)
    assert check_int("model.widths", 2) == 2


def test_as_int_takes_a_float_without_fraction():
    assert as_int("model.widths", 2.0) == 2
    assert as_int("model.widths", 0, minimum=0) == 0


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        ("[0, 1)", [0, 0.5, 0.999], [-0.1, 1, 2, math.nan, math.inf, True, "half", None]),
        ("(0, inf)", [1e-9, 5], [0, -1, math.inf, math.nan]),
        ("[-1, 1]", [-1, 0, 1.0], [-1.01, 1.01]),
        ("[1, inf] integers", [1, 2.0, 40, math.inf], [0, 1.5, -math.inf, math.nan]),
    ],
)
def test_check_range_reads_intervals(interval, inside, outside):
    for value in inside:
        assert check_range("x", value, interval) == value
    for value in outside:
        with pytest.raises(UserError, match="x must be"):
            check_range("x", value, interval)


def test_check_range_names_option_and_value():
    with pytest.raises(UserError, match=r"^regularizer\.dropout\.strength must be in \[0, 1\), got 1\.5$"):
        check_range("regularizer.dropout.strength", 1.5, "[0, 1)")
    with pytest.raises(UserError, match=r"^patience must be an integer in \[1, inf\], got 1\.5$"):
        check_range("patience", 1.5, "[1, inf] integers")


def test_check_range_refuses_what_is_no_interval():
    with pytest.raises(ValueError, match="not an interval: '0 to 1'"):
        check_range("x", 1, "0 to 1")


def test_unknown_name_puts_near_misses_first():
    assert str(unknown_name("metric", "acuracy", ["r2", "accuracy"])) == (
        "there is no metric 'acuracy': did you mean accuracy? there are accuracy, r2"
    )


def test_unknown_name_leaves_out_what_is_much_less_close():
    names = ["dataset", "dataset.name", "dataset.redraw"]
    assert str(unknown_name("option", "datset", names)).startswith("there is no option 'datset': did you mean dataset?")


def test_unknown_name_compares_what_follows_the_section():
    names = ["sharing.strength", "sharing.range", "model.network.dims", "model.network.padding", *map(str, range(20))]
    assert str(unknown_name("option", "sharing.strenght", names)).endswith("did you mean sharing.strength?")
    told = str(unknown_name("option", "model.network.sites", names))
    assert told.endswith("'model.network.sites': there are model.network.dims, model.network.padding")


def test_a_message_is_one_line():
    assert str(UserError("there is no column 'a\n\x1eb': choose another")) == "there is no column 'a b': choose another"
