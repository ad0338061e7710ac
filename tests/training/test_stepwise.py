"""A function that runs step by step."""

import pytest

from sharegap.training.stepwise import Stepwise


def test_waits_at_each_step():
    done = []

    def work(wait):
        for number in range(3):
            done.append(number)
            wait()

    steps = Stepwise(work)
    assert not done
    for number in range(3):
        assert steps.advance()
        assert done == list(range(number + 1))
    assert [steps.advance(), steps.advance()] == [False, False]


def test_raises_what_the_function_raises():
    def work(wait):
        wait()
        raise ValueError("no")

    steps = Stepwise(work)
    assert steps.advance()
    with pytest.raises(ValueError, match="no"):
        steps.advance()
    assert not steps.advance()


@pytest.mark.parametrize("begun", [False, True])
def test_ends_where_it_waits(begun):
    ended = []

    def work(wait):
        try:
            wait()
        finally:
            ended.append(True)

    steps = Stepwise(work)
    if begun:
        steps.advance()
    steps.close()
    assert ended == [True] * begun
    assert not steps._thread.is_alive()
