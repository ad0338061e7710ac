"""Samples with equal inputs: counted, and kept on one side of every split that is ours."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sharegap.data.dataset import Dataset
from sharegap.data.duplicates import number_samples, takes_few_values, unite, with_duplicates
from sharegap.data.split import hold_out, split, split_sizes
from sharegap.data.user import arrays, images, table
from tests.data.user.files import image_folder, npz, text

RNG = np.random.default_rng(0)


def dataset(x, y, x_test, y_test, **options):
    parts = (torch.tensor(x).float(), torch.tensor(y), torch.tensor(x_test).float(), torch.tensor(y_test))
    return with_duplicates(Dataset(*parts, classes=2, **options))


X = RNG.normal(size=(40, 3))


def test_counts_by_hand():
    """Test sample 0 equals a training sample of its class, 1 one of another class, and 2 and 3 each other."""
    x, y, y_test = X.copy(), np.arange(40) % 2, np.array([0, 0, 1, 1])
    x[5], x[7] = x[4], x[3]
    marked = dataset(x, y, np.stack([x[2], x[9], -x[0], -x[0]]), y_test)
    assert marked.duplicates_note == (
        "2 of the 4 test samples equal a training sample, 1 with the same target. 6 samples equal another one of "
        "their part, 4 with the same target: a split keeps equal samples on one side."
    )
    assert marked.duplicates[4] == marked.duplicates[5]
    assert marked.duplicates[3] == marked.duplicates[7]
    assert len(np.unique(marked.duplicates)) == 38


def test_nothing_equal_changes_nothing():
    """Shipped data say nothing then; a user's are said to have no equal samples."""
    y = np.arange(40) % 2
    assert dataset(X, y, -X, y).duplicates is None
    assert dataset(X, y, -X, y).duplicates_note == ""
    assert dataset(X, y, -X, y, description="mine.csv: ...").duplicates_note == "No two samples are equal."


def test_tokens_are_draws():
    x, y = torch.arange(40).reshape(20, 2) // 20, torch.arange(20) % 2
    marked = with_duplicates(Dataset(x, y, x[:1], y[1:2], classes=2))
    assert takes_few_values(np.zeros((40, 3)))
    assert not takes_few_values(np.arange(12).reshape(12, 1) % 4)
    assert marked.duplicates is None
    assert marked.duplicates_note == (
        "1 of the 1 test samples (100.0%) equal a training sample, 1 with the same target. As inputs take few values, "
        "these are draws and no copies."
    )


@pytest.mark.parametrize(
    ("values", "inputs", "drawn"), [(2, 16, True), (16, 16, True), (17, 64, False), (2, 784, False)]
)
def test_categories_are_few_values(values, inputs, drawn):
    """Zoo and letters are tables of categories; the digits' and binary images' pixels are not."""
    x = RNG.permuted(np.tile(np.arange(values), 10)[:, None].repeat(inputs, 1), axis=0)
    assert takes_few_values(x) == drawn


def test_equal_numbers_in_other_bytes():
    samples = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -1.0]])
    assert number_samples([(samples, np.arange(3)), (samples, np.array([2]))]).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float16, np.float64])
def test_samples_of_any_type_are_numbered(dtype):
    samples = np.array([[1, 0], [0, 0], [1, 0], [0, 1]]).astype(dtype)
    assert number_samples([(samples, np.arange(4))]).tolist() == [0, 1, 0, 2]


def test_groups_are_joined_by_equal_samples():
    numbers, groups = np.array([0, 1, 0, 2, 3, 3]), np.array([5, 5, 6, 6, 7, 7])
    joined = unite(numbers, groups)
    assert len(np.unique(joined[:4])) == 1
    assert joined[4] == joined[5] != joined[0]
    assert unite(np.arange(6), groups) is None
    assert unite(numbers[4:], groups[4:]) is None  # groups keep them together already
    assert unite(np.arange(6), None) is None


@given(st.integers(0, 2**31), st.lists(st.integers(0, 60), min_size=80, max_size=80), st.integers(0, 30))
def test_equal_samples_stay_on_one_side(seed, numbers, count):
    numbers, strata = np.array(numbers), np.arange(80) % 4
    held_out, rest = hold_out(strata, None, count, np.random.default_rng(seed), numbers)
    assert sorted([*held_out, *rest]) == list(range(80))
    assert not set(numbers[held_out]) & set(numbers[rest])
    assert len(held_out) >= count
    if (np.bincount(numbers) == 1).sum() >= count:
        assert len(held_out) == count


def test_few_copies_change_few_samples():
    """Sizes are exact, larger training sets hold the smaller ones, and most of the split is as without copies."""
    y = np.arange(400) % 4
    x = RNG.normal(size=(400, 3))
    plain = dataset(x, y, -x, y, strata=y)
    x[:10] = x[200:210]
    marked = dataset(x, y, -x, y, strata=y)
    assert split_sizes(marked, None, 100) == (300, 100)
    train, validation = split(marked, 0, 300, 100)
    assert (len(train), len(validation)) == (300, 100)
    assert len(np.setdiff1d(validation, split(plain, 0, 300, 100)[1])) <= 10
    assert np.bincount(y[validation]).tolist() == pytest.approx([25] * 4, abs=3)
    small, same_validation = split(marked, 0, 100, 100)
    assert set(small) < set(train)
    assert np.array_equal(validation, same_validation)


def test_large_groups_are_drawn_no_more_often():
    """A sample that occurs four times is held out as often as any other."""
    numbers = np.concatenate([np.zeros(4, dtype=int), np.arange(1, 97)])
    strata = np.zeros(100, dtype=int)
    drawn = [0 in hold_out(strata, None, 20, np.random.default_rng(seed), numbers)[0] for seed in range(500)]
    assert np.mean(drawn) == pytest.approx(0.2, abs=0.05)


def test_no_stratum_is_held_out_whole():
    """All six samples of a class are equal."""
    numbers = np.concatenate([np.zeros(6, dtype=int), np.arange(1, 35)])
    strata = np.minimum(numbers, 1)
    for seed in range(50):
        held_out, rest = hold_out(strata, None, 8, np.random.default_rng(seed), numbers)
        assert len(held_out) == 8
        assert set(strata[rest]) == {0, 1}


def rows(x):
    return set(map(tuple, x.flatten(1).tolist()))


def check_sides(marked, equal):
    """No side of any split has a sample that another side has."""
    assert marked.duplicates_note.startswith(f"{equal} samples equal another one of their part")
    assert not rows(marked.x) & rows(marked.x_test)
    n_train, n_validation = split_sizes(marked, None, 0.2)
    for seed in range(5):
        train, validation = split(marked, seed, n_train, n_validation)
        assert not rows(marked.x[train]) & rows(marked.x[validation])


def test_equal_rows_of_a_table(tmp_path):
    """20 of 60 rows are copies of others, and the target is no input."""
    values = RNG.normal(size=(40, 3)).round(4)
    values = RNG.permutation(np.concatenate([values, values[:20]]))
    lines = [",".join(map(str, [*row, "ab"[number % 2]])) for number, row in enumerate(values)]
    path = text(tmp_path, "\n".join(["width,depth,count,kind", *lines]) + "\n")
    marked = with_duplicates(table(path, ["kind"]))
    check_sides(marked, 40)
    assert "Test: 12 samples" in marked.description
    assert marked.description.endswith("A score moves in steps of 0.083, one test sample.")


def test_equal_samples_of_several_groups(tmp_path):
    """A patient under two numbers: both stay on one side."""
    x = RNG.normal(size=(60, 3))
    x[0] = x[5]
    groups = np.arange(60) // 5
    marked = with_duplicates(arrays(npz(tmp_path, x=x, y=np.arange(60) % 2, groups=groups)))
    check_sides(marked, 2)
    assert len(marked.y_test) >= 10


def test_a_test_part_of_a_file_stays(tmp_path):
    y = np.arange(40) % 2
    marked = with_duplicates(arrays(npz(tmp_path, x=X, y=y, x_test=X[:6], y_test=np.zeros(6, dtype=int))))
    assert len(marked.y_test) == 6
    assert marked.duplicates_note == "6 of the 6 test samples equal a training sample, 3 with the same target."


def test_equal_rows_of_different_tasks_are_no_copies(tmp_path):
    x = np.concatenate([X, X])
    path = npz(tmp_path, x=x, y=RNG.normal(size=80), task=np.arange(80) // 40)
    assert with_duplicates(arrays(path)).duplicates_note == "No two samples are equal."


def test_equal_images(tmp_path):
    root = image_folder(tmp_path, each=12)
    (root / "dog" / "12.png").write_bytes((root / "dog" / "3.png").read_bytes())
    check_sides(with_duplicates(images(root)), 2)


def test_integers_of_a_table_are_no_tokens(tmp_path):
    x = RNG.integers(0, 1000, size=(50, 4))
    x[1] = x[0]
    check_sides(with_duplicates(arrays(npz(tmp_path, x=x, y=np.arange(50) % 2))), 2)
