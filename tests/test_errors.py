import math

import pytest

from sharegap.errors import UserError, check_count


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "two", math.nan, math.inf])
def test_refuses_counts_that_are_not_whole_numbers(count):
    with pytest.raises(UserError, match=r"the number of things is .*: it must be a whole number from 1"):
        check_count("the number of things", count)


def test_a_count_that_is_used_as_it_stands_may_not_be_a_float():
    with pytest.raises(UserError, match=r"is 2\.0: it must be a whole number from 1"):
        check_count("the number of things", 2.0, as_is=True)
    assert check_count("the number of things", 2, as_is=True) == 2


def test_a_count_may_be_a_float_without_fraction():
    assert check_count("the number of things", 2.0) == 2
    assert check_count("the number of things", 0, least=0) == 0


def test_a_message_is_one_line_whatever_it_cites():
    assert str(UserError("there is no column 'a\n\x1eb': choose another")) == "there is no column 'a b': choose another"
