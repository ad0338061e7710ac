"""What the fuzz tests of all kinds of files have in common."""

import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sharegap.errors import UserError


def cases(number):
    """The tests of a kind of file have 500 and more together."""
    # A deadline that only a hang misses, however busy the machine is.
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=20_000, suppress_health_check=checks)


def sound(load, *arguments, **options):
    """The data set, or None where there is one sentence instead."""
    try:
        dataset, sentence = load(*arguments, **options), "fine"
    except UserError as error:
        dataset, sentence = None, str(error)
    assert len(sentence.splitlines()) == 1
    if dataset is None:
        return None
    for x in (dataset.x, dataset.x_test):
        assert x.isfinite().all()
        assert len(x)
    assert dataset.description
    return dataset


def same(one, other):
    return all(torch.equal(getattr(one, part), getattr(other, part)) for part in ("x", "y", "x_test", "y_test"))


def bytes_changed(content):
    """The `content` with some bytes replaced, left out or added, or cut short."""
    position = st.integers(0, len(content) - 1)
    change = st.tuples(
        position, st.sampled_from(["set"] * 5 + ["drop", "add", "cut"]), st.binary(min_size=1, max_size=4)
    )

    def apply(changes):
        changed = bytearray(content)
        for at, how, new in changes:
            if how == "cut":
                del changed[at:]
            else:
                changed[at : at + (0 if how == "add" else len(new))] = b"" if how == "drop" else new
        return bytes(changed)

    return st.lists(change, min_size=1, max_size=2).map(apply)


def mostly(usual, seldom):
    return st.integers(0, 5).flatmap(lambda chance: usual if chance else seldom)
