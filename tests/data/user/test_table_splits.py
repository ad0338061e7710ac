"""A test part of its own, other splits, and splits by time."""

import numpy as np
import polars as pl
import pytest
import torch

from sharegap.data.duplicates import with_duplicates
from sharegap.data.prepare import prepare
from sharegap.data.split import split, split_sizes
from sharegap.data.user import arrays, table
from sharegap.errors import UserError
from tests.data.user.files import X, Y, fresh, npz

FRAME = pl.DataFrame(X, list("pqrs")).with_columns(y=Y)


def csv(tmp_path, frame):
    path = fresh(tmp_path, ".csv")
    frame.write_csv(path)
    return path


def test_a_test_file_is_the_test_part(tmp_path):
    """As `x_test` of arrays; other columns of it, and their order, do not count."""
    test = FRAME.reverse().with_columns(extra=1).select("extra", "y", *"srqp")
    got = table(csv(tmp_path, FRAME), ["y"], test_path=csv(tmp_path, test))
    expected = arrays(npz(tmp_path, x=X, y=Y, x_test=X[::-1], y_test=Y[::-1]))
    for part in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(got, part), getattr(expected, part))
    assert "Test: the 40 samples of the test file" in got.description
    with pytest.raises(UserError, match=r"there is no column in .* 'r'"):
        table(csv(tmp_path, FRAME), ["y"], test_path=csv(tmp_path, FRAME.drop("r")))


def test_a_test_file_is_read_as_the_other(tmp_path):
    """Its own texts are unknown, its own gaps are filled."""
    colours = pl.Series("colour", ["red", "blue"] * 20)
    frame = FRAME.with_columns(colour=colours)
    test = frame.head(4).with_columns(colour=pl.lit("violet"), p=pl.Series([None, 1.0, 2.0, 3.0]))
    dataset = table(csv(tmp_path, frame), ["y"], test_path=csv(tmp_path, test), prepare=True)
    prepared = prepare(dataset, np.arange(40))
    assert "colour (2 of 3)" in dataset.description
    assert prepared.sample_shape == (1, 6)
    assert prepared.x_test.isfinite().all()
    assert torch.equal(prepared.x_test[:, 0, 4:].std(0), torch.zeros(2))


def test_rows_of_a_test_file_that_lack_an_input(tmp_path):
    lacking = FRAME.with_columns(p=pl.when(pl.int_range(40) < 3).then(None).otherwise("p"))
    dataset = table(csv(tmp_path, FRAME), ["y"], test_path=csv(tmp_path, lacking), drop_missing=True)
    assert (len(dataset.y), len(dataset.y_test)) == (40, 37)


def test_other_splits(tmp_path):
    """Of the same sizes, and the first is the usual one."""
    path, parts = csv(tmp_path, FRAME), []
    for seed in range(3):
        dataset = table(path, ["y"], split_seed=seed)
        parts.append((len(dataset.y_test), dataset.x_test[0, 0, 0].item()))
        assert torch.equal(dataset.x, arrays(npz(tmp_path, x=X, y=Y), split_seed=seed).x)
    assert len({part[0] for part in parts}) == 1
    assert len(set(parts)) == 3
    assert torch.equal(table(path, ["y"], split_seed=0).x, table(path, ["y"]).x)
    assert "split 2" in table(path, ["y"], split_seed=2).description
    with pytest.raises(UserError, match=r"dataset.split_seed must be 0 with a test part of its own, got 1"):
        table(path, ["y"], split_seed=1, test_path=csv(tmp_path, FRAME))
    with pytest.raises(UserError, match=r"dataset.split_seed must be an integer >= 0, got -1"):
        table(path, ["y"], split_seed=-1)


@pytest.mark.parametrize("dates", [False, True])
def test_time_orders_the_parts(tmp_path, dates):
    """No sample is trained on that is as late as one for validation, and none of these as late as a test sample."""
    time = np.random.default_rng(0).permutation(40) // 3
    column = pl.Series([f"2020-01-{number + 1:02}" for number in time]) if dates else pl.Series(time)
    frame = FRAME.with_columns(p=pl.Series(time.astype(float)), when=column)
    dataset = table(csv(tmp_path, frame), ["y"], time_column="when")
    assert "latest 10 samples; 30 remain, whose latest are for validation" in dataset.description
    given = table(csv(tmp_path, frame), ["y"], time_column="when", test_path=csv(tmp_path, frame))
    assert "samples of the test file" in given.description
    assert "remain, whose latest are for validation" in given.description
    assert dataset.sample_shape == (1, 4)
    sizes = split_sizes(dataset, None, 0.2)
    for seed in range(3):
        train, validation = split(dataset, seed, *sizes)
        of = dataset.x[:, 0, 0]
        assert of[train].max() < of[validation].min()
        assert of[validation].max() < dataset.x_test[:, 0, 0].min()
        assert len(train) == sizes[0]
    assert sizes[0] == 24


def test_a_time_that_orders_nothing_is_refused(tmp_path):
    path = csv(tmp_path, FRAME.with_columns(when=pl.lit("2020-01-01"), word=pl.lit("soon"), g=1))
    with pytest.raises(UserError, match="at least 5 samples must remain for training"):
        table(path, ["y"], list("pq"), time_column="when")
    with pytest.raises(UserError, match="the column word of times must hold numbers or dates, got 'soon' in row 1"):
        table(path, ["y"], list("pq"), time_column="word")
    with pytest.raises(UserError, match=r"time_column must be null with dataset.groups, got both"):
        table(path, ["y"], list("pq"), time_column="when", groups="g")


def test_equal_samples_may_be_divided_by_time(tmp_path):
    frame = pl.concat([FRAME, FRAME]).with_columns(when=pl.int_range(80))
    dataset = with_duplicates(table(csv(tmp_path, frame), ["y"], time_column="when"))
    assert dataset.duplicates is None
    assert "a split by time may divide them" in dataset.duplicates_note
