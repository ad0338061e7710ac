import math

import pytest

from sharegap.errors import UserError, as_int, check_int


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "two", math.nan, math.inf])
def test_refuses_counts_that_are_not_whole_numbers(count):
    with pytest.raises(UserError, match=r"the number of things must be an integer >= 1"):
        as_int("the number of things", count)


def test_a_count_that_is_used_as_it_stands_may_not_be_a_float():
    with pytest.raises(UserError, match=r"must be an integer >= 1, got 2\.0"):
        check_int("the number of things", 2.0)
    assert check_int("the number of things", 2) == 2


def test_a_count_may_be_a_float_without_fraction():
    assert as_int("the number of things", 2.0) == 2
    assert as_int("the number of things", 0, least=0) == 0


def test_a_message_is_one_line_whatever_it_cites():
    assert str(UserError("there is no column 'a\n\x1eb': choose another")) == "there is no column 'a b': choose another"
