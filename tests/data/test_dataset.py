import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharegap.data import split
from sharegap.errors import UserError

LABELS = np.random.default_rng(0).integers(0, 5, size=400)


@given(st.integers(0, 2**31), st.integers(5, 300), st.integers(0, 100))
def test_parts_are_disjoint_of_the_asked_size_and_stratified(seed, n_train, n_validation):
    train, validation = split(LABELS, seed, n_train, n_validation)
    assert len(train) == n_train
    assert len(validation) == n_validation
    assert len({*train, *validation}) == n_train + n_validation
    share = np.bincount(LABELS, minlength=5) / len(LABELS)
    for part in (train, validation):
        assert np.abs(np.bincount(LABELS[part], minlength=5) - share * len(part)).max() <= 2


def test_smaller_training_sets_lie_in_larger_ones_and_share_validation():
    small, large = (split(LABELS, 3, n, 50) for n in (20, 200))
    assert set(small[0]) < set(large[0])
    assert np.array_equal(small[1], large[1])


def test_depends_on_the_seed_alone():
    assert np.array_equal(split(LABELS, 3, 50, 50)[0], split(LABELS, 3, 50, 50)[0])
    assert not np.array_equal(split(LABELS, 3, 50, 50)[0], split(LABELS, 4, 50, 50)[0])


@pytest.mark.parametrize(("n_train", "n_validation"), [(4, 50), (351, 50), (100, 400), (100, -1)])
def test_refuses_sizes_that_cannot_be_had(n_train, n_validation):
    with pytest.raises(UserError, match="it must be from"):
        split(LABELS, 0, n_train, n_validation)
