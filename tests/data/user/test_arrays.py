import io
import zipfile

import numpy as np
import pytest
import torch

from sharegap.data.split import split, split_sizes
from sharegap.data.user import arrays
from sharegap.data.user.arrays import NAMES
from sharegap.errors import UserError
from tests.data.user.files import RNG, X, Y, fresh, npz, peak

NAN = float("nan")
BAD = np.where(np.arange(160).reshape(40, 4) == 50, NAN, X)
MISTAKES = [
    ({"x": X}, None, "must have an array y, got x: dataset.kind=reconstruction needs no y"),
    ({"arr_0": X, "arr_1": Y}, None, r"x, got arr_0, arr_1: save it with names, numpy.savez\(.*npz., x=..., y=...\)"),
    ({"X": X, "data": X, "y": Y}, None, "must have an array x, got y, X, data"),
    ({"x": X, "y": Y, "x_test": X}, None, "must have an array y_test"),
    ({"x": X, "y": Y, "y_test": Y}, None, "must have an array x_test"),
    ({"x": X, "y": Y[:-1]}, None, r"y must be .* a row for each sample of x, got \(39,\) and \(40, 4\)"),
    ({"x": X, "y": Y.reshape(10, 2, 2)}, None, "y must be"),
    ({"x": X[:, 0], "y": Y}, None, r"must be \(samples, ...\), e.g. \(samples, 1\), got \(40,\)"),
    ({"x": X.reshape(40, 1, 1, 1, 4), "y": Y}, None, "samples of x must be .features,., .channels, length. or"),
    ({"x": BAD, "y": Y}, None, "x must be finite and at most 3.4e\\+38, got another number in sample 12"),
    ({"x": X * 1e40, "y": Y}, None, "x must be finite"),
    ({"x": X, "y": Y, "x_test": BAD, "y_test": Y}, None, "x_test must be finite"),
    ({"x": X, "y": Y, "x_test": X[:, :3], "y_test": Y}, None, "x_test must be .samples, 4. as x is"),
    ({"x": X, "y": Y, "x_test": X, "y_test": Y.astype("U1")}, None, "must have the same type and number of targets"),
    (
        {"x": X, "y": Y, "x_test": X, "y_test": Y + 1},
        None,
        "the training part must have samples of the target y's class 3",
    ),
    ({"x": X[:9], "y": Y[:9]}, None, "must have at least 10 samples, got 9"),
    ({"x": np.ones((40, 4)), "y": Y}, None, "must vary, got the same inputs in all samples"),
    ({"x": X.astype(object), "y": Y}, None, "must hold numbers or text, got the type object"),
    ({"x": X + 1j, "y": Y}, None, "must hold numbers or text, got the type complex128"),
    ({"x": X.astype(str), "y": Y}, None, "x must hold numbers, got the type <U"),
    ({"x": X, "y": 0 * Y}, None, "must have at least 2 classes, got 1"),
    ({"x": X, "y": np.where(np.arange(40) == 3, 7, Y)}, None, "class 7 of the target y must have at least 2 samples"),
    ({"x": X, "y": Y - 1}, None, "y must not be -1, which can mean a missing one, got it in 14 samples"),
    (
        {"x": X, "y": Y + 0.5},
        "classification",
        "must be integers or text, got real numbers: set dataset.kind=regression",
    ),
    ({"x": X, "y": np.where(Y == 0, np.inf, Y + 0.5)}, None, "y must be finite"),
    ({"x": X, "y": np.ones(40)}, None, "the target y must vary in the training part"),
    ({"x": X, "y": Y.astype(str)}, "regression", "the target y must hold numbers, got text"),
    ({"x": X, "y": X}, "classification", "classification must have one target per sample, got 4"),
    ({"x": X, "y": Y}, "multitask", "multitask must have at least 2 targets, got 1"),
    ({"x": X, "y": Y}, "regresion", "did you mean regression"),
    ({"x": X, "y": Y % 2}, "pairs", r"must be \(samples, 2, ...\) for pairs"),
    ({"x": X.reshape(40, 2, 2), "y": Y}, "pairs", "the target of pairs must be 1 for the same"),
    ({"x": X, "y": Y, "groups": Y[:-1]}, None, "groups of .* must be an integer or name for each"),
    ({"x": X, "y": Y, "groups": 0 * Y}, None, "more and smaller groups"),
]


@pytest.mark.parametrize(("content", "kind", "sentence"), MISTAKES, ids=[sentence[:30] for *_, sentence in MISTAKES])
def test_mistakes_are_one_line(tmp_path, content, kind, sentence):
    with pytest.raises(UserError, match=sentence):
        arrays(npz(tmp_path, **content), kind)


def test_other_files_are_refused(tmp_path):
    path = fresh(tmp_path, ".npz")
    path.write_text("x,y\n1,2\n")
    with pytest.raises(UserError, match="cannot be read as an npz file"):
        arrays(path)
    with pytest.raises(UserError, match="must be an npz file, got the folder"):
        arrays(tmp_path)
    with pytest.raises(UserError, match="must be an existing file or folder"):
        arrays(tmp_path / "nowhere.npz")
    with pytest.raises(UserError, match="must be an existing file or folder"):
        arrays("/dev/zero")


def test_claimed_size_takes_no_memory(tmp_path):
    """A header of 8 TB, and an archive of 400 kB that holds 400 MB."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    claims, bomb = fresh(tmp_path, ".npz"), fresh(tmp_path, ".npz")
    with zipfile.ZipFile(claims, "w") as archive:
        archive.writestr("x.npy", stream.getvalue() + bytes(80))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        for _ in range(400):
            member.write(bytes(10**6))
    before = peak()
    with pytest.raises(UserError, match="must hold as much as its shape"):
        arrays(claims)
    with pytest.raises(UserError, match=r"must expand to at most .* bytes, as it takes .* on disk, got 400,000,"):
        arrays(bomb)
    assert peak() < before + 100


def test_inputs_are_standardized(tmp_path):
    """By the training part; constant features become 0."""
    x = np.concatenate([X, np.full((40, 1), 0.1)], 1)
    dataset = arrays(npz(tmp_path, x=x, y=Y, x_test=x + 1, y_test=Y))
    assert dataset.sample_shape == (1, 5)
    expected = (X - X.mean(0)) / X.std(0)
    torch.testing.assert_close(dataset.x[:, 0, :4], torch.tensor(expected).float())
    torch.testing.assert_close(dataset.x_test[:, 0, :4], torch.tensor(expected + 1 / X.std(0)).float())
    assert (dataset.x[..., 4] == 0).all()
    assert (dataset.x_test[..., 4] == 0).all()
    assert "1 feature is constant" in dataset.description


def test_channels_are_standardized(tmp_path):
    """Whatever the type and memory order."""
    images = RNG.integers(0, 256, (40, 3, 6, 5), dtype=np.uint8)
    dataset = arrays(npz(tmp_path, x=np.asfortranarray(images), y=Y, x_test=images.astype(">f4"), y_test=Y))
    torch.testing.assert_close(dataset.x, dataset.x_test)
    mean, std = images.mean((0, 2, 3), keepdims=True), images.std((0, 2, 3), keepdims=True)
    torch.testing.assert_close(dataset.x, torch.tensor((images - mean) / std).float())


def test_small_differences_remain(tmp_path):
    x = 1.7e9 + np.arange(40.0)[:, None]
    dataset = arrays(npz(tmp_path, x=x, y=Y, x_test=x, y_test=Y))
    assert len(dataset.x.unique()) == 40


@pytest.mark.parametrize("labels", [Y * 5 + 3, np.array(["c", "a", "b"])[Y], Y.astype(np.uint64), Y == 1])
def test_classes_are_the_sorted_values(tmp_path, labels):
    dataset = arrays(npz(tmp_path, x=X, y=labels, x_test=X, y_test=labels))
    names = np.unique(labels)
    assert dataset.classes == len(names)
    assert np.array_equal(names[dataset.y], labels)
    assert ", ".join(f"{name} ({2 * (labels == name).sum()})" for name in names) in dataset.description


def test_minus_one_and_one_are_classes(tmp_path):
    assert arrays(npz(tmp_path, x=X, y=np.where(Y == 0, -1, 1))).classes == 2


def test_missing_targets(tmp_path):
    tasks = np.stack([Y, Y % 2], 1)
    tasks[:10, 0], tasks[5:12, 1] = -1, -1
    dataset = arrays(npz(tmp_path, x=X, y=tasks, x_test=X, y_test=np.stack([Y, Y % 2], 1)))
    assert dataset.kind == "multitask"
    assert np.array_equal(dataset.y, np.delete(tasks, range(5, 10), 0))
    assert "5 samples without a target left out" in dataset.description
    real = np.where(tasks == -1, NAN, tasks + 0.5)
    same = arrays(npz(tmp_path, x=X, y=real - 0.5), "multitask")
    assert (same.y == -1).sum() + (same.y_test == -1).sum() == 7
    numbers = arrays(npz(tmp_path, x=X, y=real, x_test=X, y_test=real))
    assert numbers.kind == "regression"
    assert torch.equal(numbers.y.isnan(), torch.tensor(np.isnan(np.delete(real, range(5, 10), 0))))
    torch.testing.assert_close(numbers.y.nanmean(0), torch.zeros(2))


def test_a_fifth_is_held_out(tmp_path):
    """If there is no test part; the same samples every time."""
    x, y = RNG.normal(size=(200, 2)), np.arange(200) % 4
    dataset, again = (arrays(npz(tmp_path, x=x, y=y)) for _ in range(2))
    assert torch.equal(dataset.x_test, again.x_test)
    assert dataset.y_test.bincount().tolist() == [10] * 4
    both = torch.cat([dataset.x, dataset.x_test])[:, 0]
    assert len(both.unique(dim=0)) == 200
    assert split_sizes(dataset, None, 0.2) == (128, 32)
    assert split_sizes(dataset, None, 10) == (150, 10)


def test_groups_stay_whole(tmp_path):
    groups = np.sort(RNG.integers(0, 30, 200))
    x = np.stack([groups, RNG.normal(size=200)], 1)  # says of each sample which group it is of
    dataset = arrays(npz(tmp_path, x=x, y=np.arange(200) % 2, groups=np.array([f"g{group:02}" for group in groups])))
    train_groups, test_groups = (set(part[:, 0, 0].tolist()) for part in (dataset.x, dataset.x_test))
    assert not train_groups & test_groups
    assert len(dataset.x_test) >= 40
    n_train, n_validation = split_sizes(dataset, None, 0.2)
    for seed in range(20):
        train, validation = split(dataset, seed, n_train, n_validation)
        assert not set(dataset.groups[train]) & set(dataset.groups[validation])


def test_pairs_keep_their_shape(tmp_path):
    """Without groups the description warns of items on both sides of a split."""
    pairs = RNG.normal(size=(40, 2, 3, 7))
    path = npz(tmp_path, x=pairs, y=Y % 2, x_test=pairs, y_test=Y % 2)
    dataset = arrays(path, "pairs")
    assert dataset.sample_shape == (2, 3, 7)
    scale = pairs.std((0, 1, 3), keepdims=True)
    torch.testing.assert_close(dataset.x, torch.tensor((pairs - pairs.mean((0, 1, 3), keepdims=True)) / scale).float())
    assert "Without groups" in dataset.description
    assert "Without groups" not in arrays(npz(tmp_path, x=pairs, y=Y % 2, groups=Y), "pairs").description


def test_reconstruction_targets_are_the_inputs(tmp_path):
    dataset = arrays(npz(tmp_path, x=X, extra=Y), "reconstruction")
    assert torch.equal(dataset.y, dataset.x.flatten(1))
    assert "Not used: extra." in dataset.description


USUAL = [
    ("x_train", "y_train", "x_test", "y_test"),
    ("X", "Y", "X_test", "Y_test"),
    ("data", "target", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("x", "labels", "x_test", "y_test"),
]


@pytest.mark.parametrize("names", USUAL)
def test_usual_names_are_read(tmp_path, names):
    expected = arrays(npz(tmp_path, x=X, y=Y, x_test=X, y_test=Y))
    dataset = arrays(npz(tmp_path, **dict(zip(names, (X, Y, X, Y), strict=True)), val_images=X))
    for part in ("x", "y", "x_test", "y_test"):
        assert torch.equal(getattr(dataset, part), getattr(expected, part))
    renamed = [f"{name} is read as {part}" for name, part in zip(names, NAMES, strict=False) if name != part]
    assert f"{', '.join(renamed)}. Not used: val_images." in dataset.description


LABELS = {
    "a column": (Y[:, None], "0 (14), 1 (13), 2 (13)"),
    "from 1": (Y + 1, "1 (14), 2 (13), 3 (13)"),
    "gaps": (100 * Y, "0 (14), 100 (13), 200 (13)"),
    "text": (np.array(["a", "b", "c"])[Y], "a (14), b (13), c (13)"),
    "bytes": (np.array([b"a", b"b", b"c"])[Y], "a (14), b (13), c (13)"),
    "numbers as text": (Y.astype(str), "0 (14), 1 (13), 2 (13)"),
    "signs": (np.where(Y > 0, 1, -1), "-1 (14), 1 (26)"),
    "truth": (Y > 0, "False (14), True (26)"),
}


@pytest.mark.parametrize(("labels", "classes"), LABELS.values(), ids=LABELS)
def test_forms_of_labels_are_read(tmp_path, labels, classes):
    assert f"classes: {classes}" in arrays(npz(tmp_path, x=X, y=labels)).description


UNCLEAR = {
    "signs as reals": (np.where(Y > 0, 1.0, -1.0), "y takes 2 whole values, stored as real numbers"),
    "one-hot": (np.eye(3, dtype=int)[Y], "look like one-hot classes"),
    "objects": (np.array(["a", "b", "c"], dtype=object)[Y], r"got the type object: save it with .astype"),
    "an infinity": (np.where(X[:, 0] > 4, np.inf, X[:, 0]), "the target y must be finite"),
    "all different": (np.arange(40), "class 0 .* or set dataset.kind=regression"),
}


@pytest.mark.parametrize(("labels", "sentence"), UNCLEAR.values(), ids=UNCLEAR)
def test_unclear_labels_are_asked(tmp_path, labels, sentence):
    with pytest.raises(UserError, match=sentence):
        arrays(npz(tmp_path, x=X, y=labels))


def test_two_of_the_usual_names_are_unclear(tmp_path):
    dataset = arrays(npz(tmp_path, x=X, y=Y, data=2 * X, target=Y))
    assert "Not used: data, target." in dataset.description


def test_text_may_say_that_it_is_missing(tmp_path):
    labels = np.array(["a", "b ", "nan", "NA"])[np.arange(40) % 4]
    description = arrays(npz(tmp_path, x=X, y=labels)).description
    assert "2 classes: a (10), b (10)" in description
    assert "20 samples without a target (written nan or NA) left out" in description
    with pytest.raises(UserError, match="the column groups of groups must be filled, got nan in 20 of 40 rows"):
        arrays(npz(tmp_path, x=X, y=Y, groups=labels))


def test_whole_real_groups_are_integers(tmp_path):
    groups = np.arange(40) // 4
    expected = arrays(npz(tmp_path, x=X, y=Y, groups=groups))
    assert np.array_equal(arrays(npz(tmp_path, x=X, y=Y, groups=groups * 1.0)).groups, expected.groups)
    with pytest.raises(UserError, match=r"groups of .* must be an integer or name for each"):
        arrays(npz(tmp_path, x=X, y=Y, groups=groups + 0.5))


def test_feature_that_numbers_samples_is_told(tmp_path):
    x = np.concatenate([np.arange(40)[:, None], X], 1)
    assert "Feature 0 (from 0) numbers the samples: remove it if" in arrays(npz(tmp_path, x=x, y=Y)).description
    assert "numbers the samples" not in arrays(npz(tmp_path, x=X, y=Y)).description


def test_integers_that_precision_merges_are_refused(tmp_path):
    x = 2**60 + np.arange(160).reshape(40, 4) % 7
    with pytest.raises(UserError, match="x must hold numbers that double precision tells apart"):
        arrays(npz(tmp_path, x=x, y=Y))
    assert arrays(npz(tmp_path, x=x - 2**60, y=Y)).classes == 3


def test_text_as_bytes_is_text(tmp_path):
    names = np.array(["a", "é"])[Y % 2]
    dataset = arrays(npz(tmp_path, x=X, y=np.char.encode(names, "utf-8")))
    assert torch.equal(dataset.y, arrays(npz(tmp_path, x=X, y=names)).y)
    assert "2 classes: a (27), é (13)" in dataset.description
    with pytest.raises(UserError, match="cannot be read as an npz file"):
        arrays(npz(tmp_path, x=X, y=np.array([b"\xff", b"a"])[Y % 2]))


def test_samples_in_the_last_axis_are_refused(tmp_path):
    """What does not fit the targets is told before a question about channels."""
    with pytest.raises(UserError, match=r"a row for each sample of x, got \(60,\) and \(8, 8, 60\)"):
        arrays(npz(tmp_path, x=RNG.normal(size=(8, 8, 60)), y=np.arange(60) % 3))
