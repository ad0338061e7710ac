"""How a run's samples are drawn from a data set."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sharegap.data.dataset import Dataset
from sharegap.data.split import split, split_sizes
from sharegap.errors import UserError

SAMPLES = 400
LABELS = np.random.default_rng(0).integers(0, 5, size=SAMPLES)


def dataset(strata=LABELS, groups=None):
    nothing = torch.zeros(SAMPLES)
    return Dataset(nothing, nothing, nothing, nothing, classes=5, strata=strata, groups=groups)


@given(st.integers(0, 2**31), st.integers(5, 300), st.integers(0, 100))
def test_parts_are_disjoint_and_stratified(seed, n_train, n_validation):
    train, validation = split(dataset(), seed, n_train, n_validation)
    assert len(train) == n_train
    assert len(validation) == n_validation
    assert len({*train, *validation}) == n_train + n_validation
    share = np.bincount(LABELS, minlength=5) / len(LABELS)
    for part in (train, validation):
        assert np.abs(np.bincount(LABELS[part], minlength=5) - share * len(part)).max() <= 2


@given(st.integers(0, 2**31), st.lists(st.integers(0, 30), min_size=SAMPLES, max_size=SAMPLES), st.integers(0, 150))
def test_no_group_is_on_both_sides(seed, groups, n_validation):
    groups = np.array(groups)
    smallest = 5  # as many training samples as strata must always be had; the rest is what whole groups leave
    try:
        train, validation = split(dataset(groups=groups), seed, smallest, n_validation)
    except UserError:
        largest = np.bincount(groups).max()
        assert SAMPLES - n_validation - largest < smallest
        return
    assert len(train) == smallest
    assert len(validation) == n_validation
    assert len({*train, *validation}) == smallest + n_validation
    assert not set(groups[train]) & set(groups[validation])


@given(st.integers(0, 2**31), st.integers(5, 200), st.integers(0, 100))
def test_similar_groups_are_stratified(seed, n_train, n_validation):
    """Each of 20 groups has four samples of each of five strata."""
    strata, groups = np.arange(SAMPLES) % 5, np.arange(SAMPLES) // 20
    train, validation = split(dataset(strata, groups), seed, n_train, n_validation)
    for part, size in ((train, n_train), (validation, n_validation)):
        assert len(part) == size
        assert np.abs(np.bincount(strata[part], minlength=5) - size / 5).max() <= 1


@given(st.integers(0, 2**31))
def test_validation_takes_few_groups(seed):
    groups = np.arange(SAMPLES) // 20
    _, validation = split(dataset(groups=groups), seed, 20, 50)
    assert len(set(groups[validation])) == 3
    train, _ = split(dataset(groups=groups), seed, SAMPLES - 60, 50)
    assert len(train) == SAMPLES - 60
    with pytest.raises(UserError, match="to 340, which 50 for validation leave of 400"):
        split(dataset(groups=groups), seed, SAMPLES - 59, 50)


GROUPS = [None, np.arange(SAMPLES) % 40]


@pytest.mark.parametrize("groups", GROUPS, ids=["alone", "in groups"])
def test_training_sets_are_nested(groups):
    small, large = (split(dataset(groups=groups), 3, n, 50) for n in (20, 200))
    assert set(small[0]) < set(large[0])
    assert np.array_equal(small[1], large[1])


@pytest.mark.parametrize("groups", GROUPS, ids=["alone", "in groups"])
def test_depends_on_the_seed_alone(groups):
    one, again, other = (split(dataset(groups=groups), seed, 50, 50) for seed in (3, 3, 4))
    assert all(np.array_equal(*parts) for parts in zip(one, again, strict=True))
    assert not any(np.array_equal(*parts) for parts in zip(one, other, strict=True))


def test_split_without_strata():
    train, validation = split(dataset(strata=None), 0, 1, 399)
    assert len({*train, *validation}) == SAMPLES


@pytest.mark.parametrize(("n_train", "n_validation"), [(4, 50), (351, 50), (100, 400), (100, -1)])
def test_bad_sizes_are_refused(n_train, n_validation):
    with pytest.raises(UserError, match="must be from"):
        split(dataset(), 0, n_train, n_validation)


def test_samples_for_validation_alone():
    """They are all of the validation part, which is stratified as the training part is."""
    is_validation = np.arange(SAMPLES) < 150
    data = replace(dataset(), validation=is_validation)
    train, validation = split(data, 0, *split_sizes(data, None, 100))
    assert (len(train), len(validation)) == (250, 100)
    assert is_validation[validation].all()
    assert not is_validation[train].any()
    share = np.bincount(LABELS[:150], minlength=5) / 150
    assert np.abs(np.bincount(LABELS[validation], minlength=5) - share * 100).max() <= 2
    assert not np.array_equal(split(data, 1, 250, 100)[1], validation)
    with pytest.raises(UserError, match="n_validation must be from 0 to 150, as many as are for validation, got 151"):
        split(data, 0, 100, 151)
